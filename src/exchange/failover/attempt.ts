import { isReasoning } from '../../conversation/index.ts'
import type { Lease } from '../../credentials/pool.ts'
import { ERROR_POLICY } from '../../lib/error-policy.ts'
import { asGatewayError, type GatewayError } from '../../lib/errors.ts'
import type { Target } from '../../routing/table.ts'
import { targetName } from '../../routing/target-name.ts'
import { endAttempt, settleFailed } from '../accounting/settle.ts'
import { type Exchange, emit } from '../context.ts'
import { sealsIn } from '../history/seal-issuers.ts'
import type { Answer } from '../reply/answer.ts'
import { EmptyAnswer } from '../reply/empty-answer.ts'
import { answer } from '../reply/reply.ts'
import { type Attempt, beginAttempt } from '../upstream/attempt.ts'
import { clientGone } from '../upstream/network-error.ts'
import { send } from '../upstream/send.ts'
import { UpstreamError } from '../upstream-error.ts'
import type { AttemptFailure, Candidate } from './candidates.ts'
import { hasLargerContextThan } from './capabilities.ts'
import { refusedFor } from './learned-capabilities.ts'
import { isAboutRequest } from './request-resource.ts'

/** Runs one attempt, and accounts for its failure. */
export async function runAttempt(
  exchange: Exchange,
  candidate: Candidate,
): Promise<{ answer: Answer } | AttemptFailure> {
  const { action, progress, gateway } = exchange
  const { target, lease } = candidate
  progress.attempts++
  let attempt: Attempt | undefined
  try {
    if (exchange.signal.aborted) throw clientGone()
    attempt = beginAttempt(exchange, candidate)
    const { now } = gateway.services
    const sentAtMs = now()
    // A compaction that the upstream cannot do itself is an ordinary question to it.
    const asked = action === 'compact' && !attempt.passing ? 'generate' : action
    const reply = await send(exchange, attempt, asked)
    const answered = await answer(exchange, attempt, reply)
    if (exchange.envelope.stream) {
      if (lease.onTrial) lease.answered()
      // A body is answered when all of it is there, which says little.
      emit(exchange, { type: 'attempt-answer', target, ms: now() - sentAtMs })
    }
    return { answer: answered }
  } catch (thrown) {
    // Sending and reading name what the network does; anything else that is thrown is our own fault.
    const error = asGatewayError(thrown)
    if (attempt) endAttempt(exchange, attempt)
    if (await refusesSeals(exchange, error)) {
      await noteRefusedSeals(exchange, lease, error)
      return { error, after: 'again' }
    }
    return { error, after: await settled(exchange, target, lease, error, attempt) }
  }
}

/** The credential is asked once more, without the seals that it refused. */
async function noteRefusedSeals(
  exchange: Exchange,
  lease: Lease,
  error: GatewayError,
): Promise<void> {
  const { body, caller, gateway, progress } = exchange
  const refuser = { credential: lease.credential.id, caller: caller.name }
  const seals = sealsIn(await body.conversation())
  const foreign = gateway.services.sealIssuers.refused(seals, refuser)
  // Its own seals stay, unless it refuses those as well.
  progress.withoutSeals = !foreign
  emit(exchange, { type: 'attempt-retry', error })
}

/** Accounts for a failure. Resolves to what may be tried next. */
async function settled(
  exchange: Exchange,
  target: Target,
  lease: Lease,
  failure: GatewayError,
  attempt: Attempt | undefined,
): Promise<AttemptFailure['after']> {
  const lacking = await refusedFor(failure, () => exchange.body.needs())
  if (lacking) {
    // The model lacks something; nothing is learnt about the credential.
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

/** How upstreams refuse reasoning that is not theirs, or not as they sealed it. */
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
