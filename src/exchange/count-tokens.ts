import { countTokens as countConversation } from '../conversation/count.ts'
import { asGatewayError } from '../lib/errors.ts'
import { isObject, parseObject } from '../lib/json/json.ts'
import { endAttempt } from './accounting/settle.ts'
import type { Exchange } from './context.ts'
import { candidateOf } from './failover/candidates.ts'
import { readReplyBody } from './reply/body.ts'
import { respond } from './reply/respond.ts'
import { asJson, relayedHeaders, stamp } from './response-headers.ts'
import { beginAttempt } from './upstream/attempt.ts'
import { send } from './upstream/send.ts'

/** Asks the first target if it counts natively, and counts with a tokenizer of our own otherwise. */
export async function countTokens(exchange: Exchange): Promise<Response> {
  const target = exchange.route.steps[0]?.members[0]
  const native = target?.provider.kind.quirks?.countTokens === true
  const speaks = target?.provider.speaks.some(
    ({ protocol }) => protocol === exchange.codec.protocol,
  )
  const lease =
    native &&
    speaks &&
    exchange.gateway.services.pool.acquire(target.provider.id, target.model, new Set())
  if (!lease) return countLocally(exchange)
  const attempt = beginAttempt(exchange, candidateOf(exchange, target, lease))
  try {
    exchange.progress.attempts++
    const reply = await send(exchange, attempt, 'count-tokens')
    const count = new TextDecoder().decode(await readReplyBody(exchange, attempt, reply))
    if (!isCount(count)) return await countLocally(exchange)
    const headers = relayedHeaders(reply.headers)
    asJson(headers)
    stamp(headers, exchange, attempt)
    return respond(exchange, { status: 200, headers, body: count })
  } catch (error) {
    // 404 and 405 mean that the endpoint is missing; anything else may pass, and a count is an aid.
    const failure = asGatewayError(error)
    if (failure.code === 'cancelled' || OWN_FAULT.has(failure.status)) throw failure
    return await countLocally(exchange)
  } finally {
    endAttempt(exchange, attempt)
    lease.release()
  }
}

/** The request itself is wrong: counting it here would hide that. */
const OWN_FAULT: ReadonlySet<number> = new Set([400, 413, 422])

/** An error, or a page, may stand behind a status of 200. */
function isCount(text: string): boolean {
  const body = parseObject(text)
  return body !== undefined && !isObject(body.error)
}

/** Counts with a tokenizer of our own and answers in the client's protocol. */
async function countLocally(exchange: Exchange): Promise<Response> {
  const tokens = await countConversation(await exchange.body.conversation())
  const body = JSON.stringify(exchange.codec.encodeTokenCount(tokens))
  const headers = new Headers({ 'content-type': 'application/json' })
  stamp(headers, exchange)
  return respond(exchange, { status: 200, headers, body })
}
