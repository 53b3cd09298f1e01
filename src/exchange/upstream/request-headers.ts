import type { Action, UpstreamCodec } from '../../protocols/codec.ts'
import type { Provider } from '../../routing/table.ts'

/** What is asked of an upstream. */
export type Question = {
  action: Action
  model: string
  stream: boolean
  /** Which relay is meant: the client's path, or the verb in it. */
  relay: string | undefined
  /** The client speaks the upstream's protocol: what its headers say of that counts. */
  sameProtocol: boolean
  /** Headers that an encoder adds, as lists of words. */
  extra: Readonly<Record<string, string>>
}

type ForwardingCodec = Pick<UpstreamCodec, 'demands'> & { forwards: readonly string[] }

/**
 * The headers of a request but for what a credential adds, in layers that are made once. A later one
 * goes in place of an earlier one: what the protocol demands, what the client says of the protocol,
 * what an encoder adds, the kind, the file.
 */
export function createRequestHeaders(
  { kind, headers: declared }: Pick<Provider, 'kind' | 'headers'>,
  codec: ForwardingCodec,
  userAgent: string,
): (question: Question, client: Headers) => Headers {
  const always = {
    'accept-encoding': 'identity',
    'user-agent': userAgent,
    ...codec.demands,
    ...kind.defaultHeaders,
  }
  const typed = { 'content-type': JSON_TYPE, ...always }
  const base = {
    models: { accept: JSON_TYPE, ...always },
    relay: { accept: '*/*', ...typed },
    stream: { accept: 'text/event-stream', ...typed },
    whole: { accept: JSON_TYPE, ...typed },
  }
  const forward = createForward(codec.forwards)
  const ofKind = kind.headers ?? {}
  return ({ action, stream, sameProtocol, extra }, client) => {
    const headers = new Headers(
      action === 'relay' || action === 'models' ? base[action] : stream ? base.stream : base.whole,
    )
    if (action === 'relay') copyHeader('content-type', client, headers)
    if (sameProtocol) forward(client, headers)
    for (const name in extra) headers.set(name, joined(headers.get(name), extra[name] ?? ''))
    for (const name in ofKind) headers.set(name, ofKind[name] ?? '')
    for (const name in declared) setDeclared(headers, name, declared[name] ?? '', client)
    return headers
  }
}

const JSON_TYPE = 'application/json'

function copyHeader(name: string, from: Headers, to: Headers): void {
  const value = from.get(name)
  if (value) to.set(name, value)
}

/** Copies the client's headers whose names are listed; `x-*` stands for a prefix. */
type Forward = (from: Headers, to: Headers) => void

function createForward(names: readonly string[]): Forward {
  const exact = names.filter(name => !name.endsWith('*'))
  const prefixes = names.filter(name => name.endsWith('*')).map(name => name.slice(0, -1))
  return (from, to) => {
    for (const name of exact) {
      const value = from.get(name)
      if (value !== null) to.set(name, value)
    }
    if (prefixes.length === 0) return
    from.forEach((value, name) => {
      if (prefixes.some(prefix => name.startsWith(prefix))) to.set(name, value)
    })
  }
}

/** Sets a header from routes.yaml: `"$name"` copies the client's header and is left out without it. */
export function setDeclared(headers: Headers, name: string, value: string, client: Headers): void {
  const sent = value.startsWith('$') ? client.get(value.slice(1)) : value
  if (sent !== null) headers.set(name, sent)
}

/** Lists of words in a header, each word once. */
function joined(before: string | null, more: string): string {
  const words = `${before ?? ''},${more}`.split(',').map(word => word.trim())
  return [...new Set(words.filter(word => word !== ''))].join(',')
}
