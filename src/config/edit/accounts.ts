import { isObject, type JsonObject, type JsonValue } from '../../lib/json/json.ts'
import { parseSource } from '../yaml/source.ts'
import { type Edited, editText } from './index.ts'

/** What routes.yaml lacks before an account serves. */
export type AccountChange =
  /** A provider uses it already. */
  | { type: 'none'; provider: string }
  /** A provider lists its accounts, and not this one. */
  | { type: 'list'; provider: string; label: string }
  | { type: 'provider'; provider: string; kind: string }

/** `name`: what a new provider is called, unless another one is called so. */
export function accountChange(
  text: string,
  { kind, name, label }: { kind: string; name: string; label: string },
): AccountChange {
  const providers = providersOf(text)
  const ofKind = Object.entries(providers).filter(
    ([, entry]) => isObject(entry) && entry.kind === kind,
  )
  const [first] = ofKind
  if (!first) {
    const free = [name, kind, ...Array.from({ length: 99 }, (_, at) => `${kind}-${at + 2}`)]
    const provider = free.find(candidate => !Object.hasOwn(providers, candidate)) ?? kind
    return { type: 'provider', provider, kind }
  }
  const user = ofKind.find(([, entry]) => isObject(entry) && takes(entry.accounts, label))
  return user ? { type: 'none', provider: user[0] } : { type: 'list', provider: first[0], label }
}

/** The text with the change made; comments and everything else stay. */
export function withAccountChange(text: string, change: AccountChange): Edited {
  const { provider } = change
  switch (change.type) {
    case 'none':
      return { ok: true, text }
    case 'list':
      return editText(text, [
        { op: 'append', path: ['providers', provider, 'accounts'], value: change.label },
      ])
    case 'provider':
      return editText(text, [
        { op: 'set', path: ['providers', provider], value: { kind: change.kind } },
      ])
  }
}

function providersOf(text: string): JsonObject {
  const { value } = parseSource('', text).source
  const providers = isObject(value) ? value.providers : undefined
  return isObject(providers) ? providers : {}
}

/** `all` is the default. */
function takes(accounts: JsonValue | undefined, label: string): boolean {
  if (!Array.isArray(accounts)) return true
  return accounts.some(name => String(name).toLowerCase() === label.toLowerCase())
}
