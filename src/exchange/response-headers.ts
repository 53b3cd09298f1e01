import type { Loss } from '../protocols/codec.ts'
import type { Target } from '../routing/table.ts'
import type { Progress } from './progress.ts'
import type { ResolvedRequest } from './request.ts'

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
  for (const [name, value] of upstream)
    if (!NOT_RELAYED.has(name) && !name.startsWith('access-control-')) headers.set(name, value)
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

type Stamped = Pick<ResolvedRequest, 'id' | 'route'> & { readonly progress: Readonly<Progress> }

/** Sets the reply's headers on how it was served: by which route, after how many attempts, by whom. */
export function stamp(
  headers: Headers,
  { id, route, progress }: Stamped,
  attempt?: { readonly target: Target; readonly losses: readonly Loss[] },
): void {
  headers.set('x-jackfield-request-id', id)
  headers.set('x-jackfield-route', headerText(route.name))
  headers.set('x-jackfield-attempts', String(progress.attempts))
  if (!attempt) return
  const { target, losses } = attempt
  headers.set('x-jackfield-provider', headerText(`${target.provider.id}/${target.model}`))
  const lost = losses.length > 0 && lossesText(losses)
  if (lost) headers.set('x-jackfield-losses', lost)
}

const PLAIN = /^[\x20-\x7e]*$/

/** Header values are bytes: what is not plain ASCII is escaped as in a URL, and half a character replaced. */
function headerText(text: string): string {
  if (PLAIN.test(text)) return text
  return text.toWellFormed().replace(/[^\x20-\x7e]/gu, character => encodeURIComponent(character))
}

/** The headers of a stream. `upstream`: of the reply whose bytes pass; undefined: they do not. */
export function streamHeaders(
  exchange: Stamped,
  attempt: { readonly target: Target; readonly losses: readonly Loss[] },
  upstream: Headers | undefined,
  contentType: string,
): Headers {
  const headers = upstream ? relayedHeaders(upstream) : new Headers()
  headers.set('content-type', contentType)
  headers.set('cache-control', STREAM_HEADERS['cache-control'])
  headers.set('x-accel-buffering', STREAM_HEADERS['x-accel-buffering'])
  stamp(headers, exchange, attempt)
  return headers
}

/** A header that is longer is refused by some clients; a path and a reason have 20 characters. */
const MAX_LOSSES_LENGTH = 2_000
const MAX_LOSSES = 100

/** Undefined: nothing was lost. */
export function lossesText(losses: readonly Loss[]): string | undefined {
  if (losses.length === 0) return undefined
  const text = losses
    .slice(0, MAX_LOSSES)
    .map(({ path, reason }) => `${path}: ${reason}`)
    .join('; ')
  const escaped = headerText(text.slice(0, MAX_LOSSES_LENGTH))
  if (escaped.length <= MAX_LOSSES_LENGTH && losses.length <= MAX_LOSSES) return escaped
  return `${escaped.slice(0, MAX_LOSSES_LENGTH)}... (${losses.length} in all)`
}
