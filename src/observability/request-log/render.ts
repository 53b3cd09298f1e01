import type { Decision } from '../../exchange/progress.ts'
import type { InboundRequest } from '../../exchange/request.ts'
import { UpstreamError } from '../../exchange/upstream-error.ts'
import type { GatewayError } from '../../lib/errors.ts'
import { secretHeaderNames } from '../../redaction/names.ts'
import {
  redactBody,
  redactHeaders,
  redactUrl,
  secretsInHeaders,
  secretsInUrl,
} from '../../redaction/redact.ts'
import type { Redactor } from '../../redaction/redactor.ts'
import type { TraceLine } from '../../routing/table.ts'
import { targetName } from '../../routing/target-name.ts'
import { outcomeOf, type Recorded, type RecordedAttempt } from './recording.ts'

/** The most that is written of each, in bytes: with all that stands around them less than 5 MB. */
export const LIMITS = { request: 1_500_000, attempts: 1_500_000, reply: 1_900_000 }

/** An exchange for people to read, without its secrets and those of the file. */
export function render(recorded: Recorded, ofFile: Redactor): string {
  const redact = ofFile.and(secretsIn(recorded))
  const { inbound, attempts, reply } = recorded
  const { headers, body } = inbound.inbound
  const type = headers.get('content-type')
  const budget = { left: LIMITS.attempts }
  const sections: Section[] = [
    { lines: summary(recorded) },
    {
      title: 'request',
      lines: [redactUrl(requestLine(inbound)), ...redactHeaders(headers)],
      body: bodyText(body, { limit: LIMITS.request, type, redact }),
    },
    ...decisionSections(recorded),
    ...attempts.flatMap((_, at) => attemptSections(recorded, at, redact, budget)),
    {
      title: 'answer to the client',
      lines: [`${recorded.status}`, ...redactHeaders(recorded.headers)],
      body: bodyText(reply.bytes, {
        limit: LIMITS.reply,
        type: recorded.headers.get('content-type'),
        redact,
        total: reply.total,
      }),
    },
  ]
  return `${sections.map(section => sectionText(section, redact)).join('\n\n')}\n`
}

/** The body is clean already; of names and messages upstreams and clients may have made some up. */
type Section = { title?: string; lines: readonly string[]; body?: string }

function sectionText({ title, lines, body }: Section, redact: Redactor): string {
  const head = redact([...(title ? [`=== ${title} ===`] : []), ...lines].join('\n'))
  return body === undefined ? head : `${head}\n\n${body}`
}

/** What this exchange itself held in secret. */
function secretsIn({ inbound, attempts, headers }: Recorded): string[] {
  return [
    ...secretsInHeaders(inbound.inbound.headers),
    ...secretsInUrl(requestLine(inbound)),
    ...secretsInHeaders(headers),
    ...attempts.flatMap(({ url, headers: sent, reply }) => [
      ...secretsInHeaders(sent),
      ...secretsInUrl(url),
      ...(reply ? secretsInHeaders(reply.headers) : []),
    ]),
  ]
}

function summary(recorded: Recorded): string[] {
  const { inbound, request, startedAtMs, endedAtMs, error, served, complete } = recorded
  const bill = recorded.progress?.bill
  const usage = bill && JSON.stringify({ ...bill.usage, raw: undefined })
  const facts: [string, string | undefined][] = [
    ['request', inbound.requestId],
    ['at', new Date(startedAtMs).toISOString()],
    ['took', `${Math.round(endedAtMs - startedAtMs)} ms`],
    ['caller', inbound.caller.name],
    ['client', request?.client],
    ['protocol', inbound.codec.protocol],
    ['asked', request?.envelope.model],
    ['route', request?.route.name],
    ['outcome', String(outcomeOf(recorded))],
    ['failed', error && errorText(error)],
    ['ended', complete ? undefined : 'by the client, before the end'],
    [bill?.estimated ? 'usage, estimated' : 'usage', usage],
    ['lost', served?.losses.map(({ path, reason }) => `${path}: ${reason}`).join('; ')],
  ]
  return facts.filter(([, value]) => value).map(([name, value]) => `${name}: ${oneLine(value)}`)
}

/** Clients and upstreams may put line breaks where there is a name to expect. */
function oneLine(text = ''): string {
  return text.replace(/\s+/g, ' ')
}

/** Of the address only what the client chose. */
function requestLine({ requestLine }: InboundRequest): string {
  return requestLine
    ? `${requestLine.method} ${requestLine.url.replace(/^[a-z]+:\/\/[^/]*/, '')}`
    : '(unknown)'
}

function decisionSections({ request, progress }: Recorded): Section[] {
  if (!request || !progress) return []
  const lines = [...request.trace.map(ruleLine), ...progress.decisions.map(decisionLine)]
  return [{ title: 'decisions', lines }]
}

function ruleLine({ rule, verdict, at }: TraceLine): string {
  return `${rule}: ${verdict}${at ? ` (line ${at.line})` : ''}`
}

function decisionLine({ target, credential, verdict, reason, line }: Decision, at: number): string {
  const who = credential === undefined ? target : `${target} with ${credential}`
  return `${at + 1}. ${who}: ${verdict}${reason === undefined ? '' : `, ${reason}`} (line ${line})`
}

function attemptSections(
  recorded: Recorded,
  at: number,
  redact: Redactor,
  budget: { left: number },
): Section[] {
  const recordedAttempt = recorded.attempts[at]
  if (!recordedAttempt) return []
  const { url, headers, attempt } = recordedAttempt
  const { target, lease, upstream } = attempt
  // The file's own headers may be secrets whatever they are called.
  const hidden = [
    ...secretHeaderNames(target.provider.headers),
    ...secretHeaderNames(lease.credential.headers),
  ]
  const title = `attempt ${at + 1}: ${targetName(target)} with ${lease.credential.id}, ${upstream.protocol}`
  const lines = [`POST ${redactUrl(url)}`, ...redactHeaders(headers, hidden)]
  return [
    { title, lines, body: sentBody(recorded, at, recordedAttempt, redact, budget) },
    {
      title: `reply to attempt ${at + 1}`,
      lines: replyLines(recordedAttempt),
      ...refusedBody(recordedAttempt, redact),
    },
  ]
}

function sentBody(
  { attempts }: Recorded,
  at: number,
  { attempt, body }: RecordedAttempt,
  redact: Redactor,
  budget: { left: number },
): string {
  if (body === 'own') return "(the client's own bytes)"
  if (body === 'renamed')
    return redact(`(the client's own bytes, the model replaced by "${attempt.target.model}")`)
  const same = attempts.findIndex(other => other.body === body)
  if (same < at) return `(the same as in attempt ${same + 1})`
  const limit = budget.left
  budget.left = Math.max(0, limit - body.length)
  return bodyText(body, { limit, type: 'application/json', redact })
}

function replyLines({ reply, error }: RecordedAttempt): string[] {
  const failed = error ? [`failed: ${errorText(error)}`] : []
  if (!reply) return failed.length > 0 ? failed : ['none']
  return [`${reply.status}`, ...redactHeaders(reply.headers), ...failed]
}

/** Upstreams repeat in their errors what was sent to them. */
function errorText({ code, message }: GatewayError): string {
  return `${code}: ${redactBody(message)}`
}

/** Enough of an error for any upstream's words. */
const REFUSED_BYTES = 20_000

/** The error of a refused attempt; the client may never get it. */
function refusedBody({ error }: RecordedAttempt, redact: Redactor): { body?: string } {
  if (!(error instanceof UpstreamError) || error.body.length === 0) return {}
  const type = error.headers.get('content-type')
  return { body: bodyText(error.body, { limit: REFUSED_BYTES, type, redact }) }
}

type BodyOptions = { limit: number; type: string | null; redact: Redactor; total?: number }

function bodyText(
  bytes: Uint8Array,
  { limit, type, redact, total = bytes.length }: BodyOptions,
): string {
  if (total === 0) return '(empty)'
  const begun = textOf(bytes.subarray(0, limit))
  if (begun === undefined) return `(${total} bytes of ${type ?? 'no known type'})`
  const text = redact(redactBody(begun))
  if (total <= limit && total === bytes.length) return text
  // A secret may be cut in two: what is left of it must not stand at the end.
  return `${text.slice(0, Math.max(0, text.length - redact.longest))}\n(cut: ${total} bytes in all)`
}

/** Undefined: it is no text. A character cut in two at the end is. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true })
  } catch {
    return undefined
  }
}
