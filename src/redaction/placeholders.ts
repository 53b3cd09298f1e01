import { createHmac } from 'node:crypto'
import { isObject, type JsonValue, jsonEntries } from '../lib/json/json.ts'
import type { Path } from '../lib/path.ts'
import { spliceText } from '../lib/splice-text.ts'
import { rangeOf, readYaml, scalarsIn, secretsIn } from './find-secrets.ts'
import { isSecretPlace } from './names.ts'

/**
 * Masks the secrets of a YAML text with placeholders, and puts them back. A placeholder stands
 * for its secret wherever that may stand; nothing about the secret can be read from it, and no guess be checked by it.
 */
export interface SecretPlaceholders {
  /** Undefined: the text does not parse, so its secrets cannot be found. */
  mask(text: string): string | undefined
  /** With every placeholder replaced by what it stands for in `current`. */
  unmask(text: string, current: string): Unmasked
  /** The same for a value that is meant for a place: a text in it that is a placeholder. */
  unmaskValue(
    value: JsonValue,
    path: Path,
    current: string,
  ): { ok: true; value: JsonValue } | Unmaskable
}

type Unmaskable = { ok: false; problem: string }
export type Unmasked = { ok: true; text: string } | Unmaskable

const PLACEHOLDER = /\(kept-[0-9a-f]{16}\)/g
const WHOLE = /^\(kept-[0-9a-f]{16}\)$/

/** `source`: as it is written, with its quotes. `members`: whose value it is. */
type Secret = { value: JsonValue; source: string; members: Set<string> }
type SecretsByPlaceholder = ReadonlyMap<string, Secret>

/** Inside this file: a placeholder that cannot be put back. */
class Unresolved extends Error {}

/** `salt`: placeholders are good as long as it is the same. */
export function createSecretPlaceholders(salt: Uint8Array): SecretPlaceholders {
  const placeholder = (source: string): string =>
    `(kept-${createHmac('sha256', salt).update(source).digest('hex').slice(0, 16)})`

  function mask(text: string): string | undefined {
    const found = secretsIn(text)
    const masked = found?.map(({ from, to }) => ({
      from,
      to,
      text: placeholder(text.slice(from, to)),
    }))
    return masked && spliceText(text, masked)
  }

  function secretsByPlaceholder(text: string): SecretsByPlaceholder {
    const kept = new Map<string, Secret>()
    for (const { from, to, value, path } of secretsIn(text) ?? []) {
      const source = text.slice(from, to)
      const secret = kept.get(placeholder(source)) ?? { value, source, members: new Set() }
      if (path) secret.members.add(memberOf(path))
      kept.set(placeholder(source), secret)
    }
    return kept
  }

  function unmasked(text: string, current: string): string {
    const secrets = secretsByPlaceholder(current)
    const { values, words } = placeholdersIn(text)
    for (const { placeholder, path } of [...values, ...words]) secretFor(placeholder, path, secrets)
    const put = (spelled: (secret: Secret) => string): string =>
      spliceText(
        text,
        [...values, ...words].map(({ from, to, placeholder: name, path }) => {
          const secret = secretFor(name, path, secrets)
          return { from, to, text: path ? spelled(secret) : secret.source }
        }),
      )
    const written = put(({ source }) => source)
    // Moved to where its own quotes do not do.
    const result = readsAs(written, text, secrets)
      ? written
      : put(({ value }) => JSON.stringify(value))
    const shown = words.length > 0 ? mask(result) : undefined
    const readable =
      shown === undefined ? undefined : words.find(({ placeholder: name }) => !shown.includes(name))
    if (readable)
      throw new Unresolved(
        `${readable.placeholder} would be readable in this remark; take it out there`,
      )
    return result
  }

  return {
    mask,
    unmask(text, current) {
      if (!text.match(PLACEHOLDER)) return { ok: true, text }
      // Its mistakes are reported when it is compiled.
      if (readYaml(text).errors.length > 0) return { ok: true, text }
      return attempt(() => ({ ok: true, text: unmasked(text, current) }))
    },
    unmaskValue(value, path, current) {
      if (!JSON.stringify(value).match(PLACEHOLDER)) return { ok: true, value }
      return attempt(() => ({
        ok: true,
        value: filledIn(value, path, secretsByPlaceholder(current)),
      }))
    },
  }
}

function attempt<R>(work: () => R): R | Unmaskable {
  try {
    return work()
  } catch (error) {
    if (error instanceof Unresolved) return { ok: false, problem: error.message }
    throw error
  }
}

function memberOf(path: Path): string {
  return path.findLast(segment => typeof segment === 'string') ?? ''
}

/** `path`: where it is to stand; undefined: in a comment. Never where others could read it. */
function secretFor(
  placeholder: string,
  path: Path | undefined,
  secrets: SecretsByPlaceholder,
): Secret {
  if (!WHOLE.test(placeholder))
    throw new Unresolved(
      'a placeholder (kept-…) must be the whole value of a member; write the secret itself instead',
    )
  const secret = secrets.get(placeholder)
  if (!secret)
    throw new Unresolved(
      `${placeholder} stands for no secret of the file as it is now; get the file again (placeholders last until the gateway restarts), or write the secret itself`,
    )
  if (path && !isSecretPlace(path) && !secret.members.has(memberOf(path)))
    throw new Unresolved(
      `${placeholder} stands for a secret, and "${memberOf(path)}" is no place for one`,
    )
  return secret
}

function filledIn(value: JsonValue, path: Path, secrets: SecretsByPlaceholder): JsonValue {
  if (Array.isArray(value))
    return value.map((item, index) => filledIn(item, [...path, index], secrets))
  if (isObject(value))
    return Object.fromEntries(
      jsonEntries(value).map(([key, member]) => [key, filledIn(member, [...path, key], secrets)]),
    )
  if (typeof value !== 'string' || !value.match(PLACEHOLDER)) return value
  return secretFor(value, path, secrets).value
}

/** In order. `placeholder` of a value is all of it, so that more than a placeholder is seen. */
type Place = { from: number; to: number; placeholder: string; path: Path | undefined }

function placeholdersIn(text: string): { values: Place[]; words: Place[] } {
  const values = scalarsIn(readYaml(text)).flatMap(({ scalar, path, isName }): Place[] => {
    const value = typeof scalar.value === 'string' ? scalar.value : ''
    if (!value.match(PLACEHOLDER)) return []
    const [from, to] = rangeOf(text, scalar)
    return [{ from, to, placeholder: isName ? '' : value, path }]
  })
  const inside = (at: number): boolean => values.some(({ from, to }) => at >= from && at < to)
  const words = [...text.matchAll(PLACEHOLDER)].flatMap(({ index, 0: word }): Place[] =>
    inside(index)
      ? []
      : [{ from: index, to: index + word.length, placeholder: word, path: undefined }],
  )
  return { values, words }
}

/** Whether nothing but the placeholders reads differently. */
function readsAs(unmasked: string, text: string, secrets: SecretsByPlaceholder): boolean {
  const expected = JSON.stringify(dataOf(text), (_, value: unknown) =>
    typeof value === 'string' ? (secrets.get(value)?.value ?? value) : value,
  )
  return JSON.stringify(dataOf(unmasked)) === expected
}

function dataOf(text: string): unknown {
  const document = readYaml(text)
  try {
    return document.errors.length > 0 ? undefined : document.toJS({ maxAliasCount: 1000 })
  } catch {
    return undefined
  }
}
