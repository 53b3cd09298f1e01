import { isReasoning } from '../../conversation/index.ts'
import type { Lease } from '../../credentials/pool.ts'
import { ERROR_POLICY } from '../../lib/error-policy.ts'
import { asGatewayError, type GatewayError } from '../../lib/errors.ts'
import type { Action } from '../../protocols/codec.ts'
import type { Target } from '../../routing/table.ts'
import { targetName } from '../../routing/target-name.ts'
import { settleFailed } from '../accounting/settle.ts'
import { type Exchange, emit } from '../context.ts'
import { sealsIn } from '../history/seal-issuers.ts'
import type { Answer } from '../reply/answer.ts'
import { EmptyAnswer } from '../reply/empty-answer.ts'
import { answer } from '../reply/reply.ts'
import { type Attempt, beginAttempt, clientGone, endAttempt } from '../upstream/attempt.ts'
import { send } from '../upstream/send.ts'
import { UpstreamError } from '../upstream-error.ts'
import { hasLargerContextThan } from './capabilities.ts'
import { refusedFor } from './learned-capabilities.ts'
import { isAboutRequest } from './request-resource.ts'

/** `next`: another credential may do better; `next-target`: only another target; `stop`: none. */
type After = 'next' | 'next-target' | 'stop'

/** Runs one attempt, and accounts for its failure. */
export async function runAttempt(
  exchange: Exchange,
  target: Target,
  lease: Lease,
): Promise<{ answer: Answer } | { error: GatewayError; after: After }> {
  exchange.progress.attempts++
  let attempt: Attempt | undefined
  try {
    if (exchange.signal.aborted) throw clientGone()
    attempt = beginAttempt(exchange, target, lease)
    const { now } = exchange.gateway.services
    const sentAtMs = now()
    const reply = await send(exchange, attempt, actionFor(exchange, attempt))
    const answered = await answer(exchange, attempt, reply)
    lease.answered()
    emit(exchange, { type: 'attempt-answer', target, ms: now() - sentAtMs })
    return { answer: answered }
  } catch (error) {
    // Sending and reading name what the network does; anything else that is thrown is our own fault.
    const failure = asGatewayError(error)
    if (attempt) endAttempt(exchange, attempt)
    if (await refusesSeals(exchange, failure)) {
      const { sealIssuers } = exchange.gateway.services
      const foreign = sealIssuers.refused(sealsIn(await exchange.body.conversation()), {
        credential: lease.credential.id,
        caller: exchange.caller.name,
      })
      // Its own seals stay, unless it refuses those as well.
      exchange.progress.withoutSeals = !foreign
      emit(exchange, { type: 'attempt-retry', error: failure })
      return runAttempt(exchange, target, lease)
    }
    return { error: failure, after: await settled(exchange, target, lease, failure, attempt) }
  }
}

/** Accounts for a failure and says who may be asked next. */
async function settled(
  exchange: Exchange,
  target: Target,
  lease: Lease,
  failure: GatewayError,
  attempt: Attempt | undefined,
): Promise<After> {
  const lacking = await refusedFor(failure, () => exchange.body.needs())
  if (lacking) {
    // It says something about the model, and nothing about the credential.
    exchange.gateway.services.learned.note(targetName(target), lacking)
    lease.release()
  } else if (failure instanceof EmptyAnswer || isAboutRequest(exchange, target.model, failure))
    lease.release()
  settleFailed(exchange, target, lease, failure, attempt)
  if (lacking) return 'next-target'
  // Every try is paid for, so the same target is not asked again.
  if (failure instanceof EmptyAnswer) return 'next-target'
  if (failure.code === 'context-exceeded' && hasLargerContextThan(exchange, target))
    return 'next-target'
  const { after } = ERROR_POLICY[failure.code]
  return after === 'answer' ? 'stop' : after
}

/** A compaction that the upstream cannot do itself is an ordinary question to it. */
function actionFor({ action }: Exchange, { passing }: Attempt): Action {
  return action === 'compact' && !passing ? 'generate' : action
}

/** What upstreams say of reasoning that is not theirs, or not as they sealed it. */
const SEAL_WORDS =
  /signature|encrypted_content|encrypted content|redacted_thinking|thinking block|thinking_blocks|reasoning.{0,40}(item|content)/i

/** Whether the same target may take the request without anything sealed in it. */
async function refusesSeals(exchange: Exchange, error: GatewayError): Promise<boolean> {
  const refused = error instanceof UpstreamError && error.code === 'invalid-request'
  if (exchange.progress.withoutSeals || !refused || !SEAL_WORDS.test(error.message)) return false
  const request = await exchange.body.readable()
  if (!request) return false
  const { messages, thinking } = request
  return (
    thinking !== undefined ||
    messages.some(({ parts }) => parts.some(part => part.seal?.value || isReasoning(part)))
  )
}
