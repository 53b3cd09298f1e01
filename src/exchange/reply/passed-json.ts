import type { Usage } from '../../conversation/index.ts'
import { parseObject } from '../../lib/json/json.ts'
import { JsonBytesError, type Member, scanObject, splice } from '../../lib/json/json-bytes.ts'
import { tallyResponse, tallyUsage } from '../accounting/reply-tally.ts'
import { settle } from '../accounting/settle.ts'
import type { Exchange } from '../context.ts'
import { asJson, relayedHeaders, stamp } from '../response-headers.ts'
import type { Attempt } from '../upstream/attempt.ts'
import type { Answer } from './answer.ts'
import { parseReply } from './embedded-error.ts'

/**
 * A reply of the client's own protocol: the upstream's bytes, but for the model's name where the
 * client used another. Throws the error that it may hold.
 */
export function passedJson(
  exchange: Exchange,
  attempt: Attempt,
  reply: Response,
  bytes: Uint8Array<ArrayBuffer>,
): Answer {
  const members = membersOf(bytes)
  if (mayHoldError(exchange, attempt, bytes, members)) parseReply(exchange, attempt, reply, bytes)
  if (members) tallyJson(exchange, attempt, bytes, members)
  const named = attempt.codec.members.model
  const renames = exchange.route.reportModel === 'asked'
  const model = renames && members?.find(({ key }) => key === named)
  const body = model ? renamed(bytes, model, exchange.envelope.model) : bytes
  const headers = relayedHeaders(reply.headers)
  asJson(headers)
  stamp(headers, exchange, attempt)
  settle(exchange, attempt, reply.status)
  return { status: reply.status, headers, body }
}

/** The very same bytes where the name is the client's already. */
function renamed(bytes: Uint8Array<ArrayBuffer>, { value }: Member, name: string) {
  const asked = encoder.encode(JSON.stringify(name))
  return Buffer.compare(bytes.subarray(...value), asked) === 0
    ? bytes
    : splice(bytes, [{ at: value, with: asked }])
}

/** Undefined: not a JSON object. It is the upstream's reply all the same. */
function membersOf(bytes: Uint8Array): Member[] | undefined {
  try {
    return scanObject(bytes)
  } catch (error) {
    if (error instanceof JsonBytesError) return undefined
    throw error
  }
}

/** Whether a reply must be read to know that it is no error; most need not be. */
function mayHoldError(
  { action }: Exchange,
  { codec }: Attempt,
  bytes: Uint8Array,
  members: readonly Member[] | undefined,
): boolean {
  const has = (name: string): Member | undefined => members?.find(({ key }) => key === name)
  const error = has('error')
  const hasError = error !== undefined && bytes[error.value[0]] !== NULL
  if (action === 'relay') return hasError && !has('data')
  const answer = has(codec.members.answer)
  if (hasError || !answer) return true
  const content = bytes.subarray(answer.value[0], answer.value[1])
  return Buffer.prototype.includes.call(content, '"error"')
}

/** How `null` begins. */
const NULL = 0x6e

/** The usage; and where that is missing or has gaps, the text of the model, for an estimate. */
function tallyJson(
  { action }: Exchange,
  attempt: Attempt,
  bytes: Uint8Array,
  members: readonly Member[],
): void {
  const { tally } = attempt
  const usage = usageOf(attempt, bytes, members)
  if (action !== 'relay' && (usage.fresh === undefined || usage.output === undefined))
    tallyText(attempt, bytes)
  tallyUsage(tally, usage)
  tally.complete = true
}

/** What passes need not be valid in its protocol. */
function tallyText({ tally, codec, target }: Attempt, bytes: Uint8Array): void {
  const body = parseObject(decoder.decode(bytes))
  try {
    if (body) tallyResponse(tally, codec.decodeResponse(body, target.provider.id))
  } catch {
    // Then nothing is known of it.
  }
}

function usageOf(attempt: Attempt, bytes: Uint8Array, members: readonly Member[]): Usage {
  const at = members.find(({ key }) => key === attempt.codec.members.usage)?.value
  if (!at) return {}
  const wire = parseObject(decoder.decode(bytes.subarray(...at)))
  return wire ? attempt.codec.decodeUsage(wire) : {}
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()
