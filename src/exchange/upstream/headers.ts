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

export const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
} as const
