import { isObject, type JsonObject, parseObject } from '../../lib/json/json.ts'
import { object, text } from '../../lib/json/read-json.ts'
import { boundedText } from '../../lib/net/bounded-text.ts'
import { parseRetryAfter } from '../../lib/net/retry-after.ts'
import { codeOf } from '../../lib/thrown.ts'
import { type After, after as realAfter } from '../../lib/timer.ts'
import type { HttpTransport } from '../../providers/transport.ts'
import { OAuthError, shownWords } from './error.ts'

/** What reaches a vendor's endpoints. */
export type OAuthHttp = {
  transport: HttpTransport
  /** Our own. */
  userAgent: string
  /** Sent with every request: what the vendor knows its clients' devices by. */
  headers?: Readonly<Record<string, string>>
  /** A `proxy-url`; absent: the environment decides. */
  proxy?: string
  after?: After
  /** Ends what is under way; what is thrown then is its reason. */
  signal?: AbortSignal
}

export type Question = {
  /** The vendor's, for messages. */
  title: string
  url: string
  headers?: Readonly<Record<string, string>>
  /** Absent: it is a GET. */
  body?:
    | { type: 'json'; members: Readonly<JsonObject> }
    | { type: 'json' | 'form'; members: Readonly<Record<string, string>> }
  /** Taken out of whatever the vendor says. */
  secrets: readonly string[]
}

/** A reply that is JSON. `date`: what the vendor's clock says, in milliseconds. */
export type Reply = { members: JsonObject; dateMs: number | undefined }

const TIMEOUT_MS = 30_000
const MAX_BYTES = 256 * 1024

/** One question to a vendor. Throws an `OAuthError` unless a JSON object comes with status 2xx. */
export async function ask(question: Question, http: OAuthHttp, nowMs: number): Promise<Reply> {
  const { status, headers, body } = await replyTo(question, http)
  const members = parseObject(body)
  // The page of a fault says no more than its status.
  if (!members && status < 500) throw noJson(question, status)
  if (!members) throw refusal(question, status, {}, parseRetryAfter(headers, nowMs))
  if (status >= 200 && status < 300) return { members, dateMs: dateOf(headers) }
  throw refusal(question, status, members, parseRetryAfter(headers, nowMs))
}

async function replyTo(question: Question, http: OAuthHttp) {
  const { after = realAfter, signal } = http
  const limit = new AbortController()
  const stop = after(TIMEOUT_MS, () => limit.abort())
  const either = signal ? AbortSignal.any([signal, limit.signal]) : limit.signal
  try {
    const reply = await http.transport.send(requestFor(question, http), either)
    const body = await textOf(reply, question)
    return { status: reply.status, headers: reply.headers, body }
  } catch (error) {
    if (error instanceof OAuthError) throw error
    if (signal?.aborted) throw signal.reason
    const why = limit.signal.aborted
      ? `did not answer within ${TIMEOUT_MS / 1000} s`
      : 'could not be reached'
    throw new OAuthError(
      'network',
      `${new URL(question.url).host} ${why}${networkCode(error)}; check the network and a proxy`,
      { cause: error },
    )
  } finally {
    stop()
  }
}

function requestFor({ url, headers: own, body }: Question, http: OAuthHttp) {
  const { userAgent, proxy } = http
  const always = { accept: 'application/json', 'user-agent': userAgent }
  const headers = new Headers({ ...http.headers, ...always, ...own })
  if (!body) return { method: 'GET', url, headers, body: undefined, proxy, connectMs: 0 } as const
  const isJson = body.type === 'json'
  headers.set('content-type', isJson ? 'application/json' : 'application/x-www-form-urlencoded')
  const written =
    body.type === 'form'
      ? new URLSearchParams(body.members).toString()
      : JSON.stringify(body.members)
  const bytes = new TextEncoder().encode(written)
  return { method: 'POST', url, headers, body: bytes, proxy, connectMs: 0 } as const
}

async function textOf(reply: Response, { title }: Question): Promise<string> {
  const text = await boundedText(reply, MAX_BYTES)
  if (text !== undefined) return text
  throw new OAuthError(
    'not-json',
    `${title} answered with more than ${MAX_BYTES / 1024} KB, which is no token`,
  )
}

/** Its code alone: messages of the network may hold addresses with passwords. */
function networkCode(error: unknown): string {
  const code = codeOf(error)
  return code === undefined ? '' : ` (${code})`
}

function dateOf(headers: Headers): number | undefined {
  const ms = Date.parse(headers.get('date') ?? '')
  return Number.isNaN(ms) ? undefined : ms
}

function noJson({ title, url }: Question, status: number): OAuthError {
  return new OAuthError(
    'not-json',
    `${title} (${new URL(url).host}) answered with status ${status} and a page in place of JSON; ` +
      'a proxy, a captive portal or a block of its own may stand between: try again from another network',
  )
}

/** These end a refresh token for good. */
const FINAL = [
  'invalid_grant',
  'refresh_token_reused',
  'refresh_token_expired',
  'refresh_token_invalidated',
]
const NEXT_POLL = ['authorization_pending', 'slow_down']

function refusal(
  { title, secrets }: Question,
  status: number,
  members: JsonObject,
  retryAfterMs: number | undefined,
): OAuthError {
  const { reason, words } = reasonIn(members)
  const given = [reason, words].filter(Boolean).join(': ')
  const shown = shownWords(withoutSecrets(given, secrets)) || `status ${status}`
  const isPoll = reason !== undefined && NEXT_POLL.includes(reason)
  if (reason !== undefined && FINAL.includes(reason))
    return new OAuthError(
      'invalid-grant',
      `${title} does not accept the sign-in any more (${shown}); sign in again`,
      { reason },
    )
  if (!isPoll && (status === 429 || status >= 500))
    return new OAuthError(
      'transient',
      `${title} cannot serve this now (${shown}); try again later`,
      {
        reason,
        retryAfterMs,
      },
    )
  return new OAuthError('rejected', `${title} refused (${shown})`, { reason, retryAfterMs })
}

function withoutSecrets(words: string, secrets: readonly string[]): string {
  return secrets.reduce(
    (left, secret) => (secret === '' ? left : left.replaceAll(secret, '…')),
    words,
  )
}

/** As RFC 6749 has it, or as an object of the vendor's API (Anthropic, OpenAI). */
function reasonIn(members: JsonObject): { reason?: string; words?: string } {
  const { error } = members
  if (!isObject(error))
    return { reason: text(error), words: text(members.error_description) ?? text(members.message) }
  const code = text(error.code) ?? text(error.type)
  return { reason: code, words: text(error.message) ?? text(object(error.details)?.message) }
}
