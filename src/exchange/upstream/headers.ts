import type { Provider } from '../../routing/table.ts'

/** Hop-by-hop, or true only of the bytes as the upstream sent them; and what must not cross. */
const NOT_RELAYED = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'content-encoding',
  'content-length',
  'set-cookie',
  'strict-transport-security',
  'alt-svc',
  'report-to',
  'nel',
  'date',
  'server',
  'via',
  'cf-ray',
  'cf-cache-status',
])

/** The reply's headers as a client may see them. No CORS: only we could grant it. */
export function relayedHeaders(upstream: Headers): Headers {
  const headers = new Headers()
  upstream.forEach((value, name) => {
    if (!NOT_RELAYED.has(name) && !name.startsWith('access-control-')) headers.set(name, value)
  })
  return headers
}

/** Names JSON as what it is: no browser may take an upstream's words for a page of ours. */
export function asJson(headers: Headers): void {
  if (!/^application\/([\w.-]+\+)?json\b/i.test(headers.get('content-type') ?? ''))
    headers.set('content-type', 'application/json')
}

/** Copies the client's headers whose names are listed; `x-*` stands for a prefix. */
export type Forward = (from: Headers, to: Headers) => void

export function createForward(names: readonly string[]): Forward {
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

/** Headers from routes.yaml: `"$name"` copies the client's header and is left out without it. */
export function applyDeclared(
  declared: Readonly<Record<string, string>>,
  client: Headers,
  to: Headers,
): void {
  for (const name in declared) {
    const value = declared[name]
    if (value === undefined) continue
    if (!value.startsWith('$')) {
      to.set(name, value)
      continue
    }
    const copied = client.get(value.slice(1))
    if (copied !== null) to.set(name, copied)
  }
}

/** What the kind and the file say, later ones in place of earlier. */
export function applyProvider({ kind, headers }: Provider, client: Headers, to: Headers): void {
  for (const name in kind.headers) to.set(name, kind.headers[name] ?? '')
  applyDeclared(headers, client, to)
}

export const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
} as const
