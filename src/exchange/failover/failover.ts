import { asGatewayError } from '../../lib/errors.ts'
import { clientError } from '../client-error.ts'
import type { Exchange } from '../context.ts'
import type { Answer } from '../reply/answer.ts'
import { runAttempt } from './attempt.ts'
import { type AttemptFailure, candidates } from './candidates.ts'

/** Tries one candidate after the other until one answers. Throws the error that the client gets. */
export async function failover(exchange: Exchange): Promise<Answer> {
  const steps = candidates(exchange)
  let failure: AttemptFailure | undefined
  let answered = false
  try {
    for (;;) {
      const { done, value } = steps.next(failure)
      failure = undefined
      if (done) throw value
      if (value instanceof Promise) {
        await value
        continue
      }
      const outcome = await runAttempt(exchange, value)
      if ('answer' in outcome) {
        answered = true
        return outcome.answer
      }
      if (outcome.after === 'stop') throw outcome.error
      failure = outcome
    }
  } catch (error) {
    throw clientError(exchange, asGatewayError(error))
  } finally {
    exchange.progress.ticket?.leave(answered)
  }
}
