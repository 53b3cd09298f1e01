import { ERROR_POLICY, moreInformative } from '../../lib/error-policy.ts'
import type { GatewayError } from '../../lib/errors.ts'
import type { Target } from '../../routing/table.ts'
import type { Exchange } from '../context.ts'
import type { Answer } from '../reply/answer.ts'
import { totalDueAtMs } from '../request.ts'
import { passesTo } from '../upstream/attempt.ts'
import { preferredTarget } from './affinity.ts'
import { runAttempt } from './attempt.ts'
import { type MissingCapability, missingCapability } from './capabilities.ts'
import { recordDecision } from './decisions.ts'
import { inOrder } from './order.ts'

/** `error`: why no target that was tried served; absent: none was tried. */
export type RoundOutcome =
  | { answer: Answer }
  | {
      error: GatewayError | undefined
      ineligible: readonly { target: Target; missing: MissingCapability }[]
    }

type Options = { includeCoolingDown: boolean }

/** Every target of the route once, in order, with every credential that it has. */
export async function runRound(exchange: Exchange, options: Options): Promise<RoundOutcome> {
  const { turns, latencies } = exchange.gateway.services
  const ineligible: { target: Target; missing: MissingCapability }[] = []
  const lastResort: Target[] = []
  const failures: Failures = {}
  for (const step of exchange.route.steps) {
    for (const target of inOrder(step, turns, preferredTarget(exchange), latencies)) {
      const missing = await missingCapability(exchange, target)
      if (!missing) {
        const answer = await tryTarget(exchange, target, options, failures)
        if (answer) return { answer }
        continue
      }
      recordDecision(exchange.progress, target, {
        verdict: 'passed over',
        reason: missing.reason,
        line: missing.line,
      })
      if (!missing.must) lastResort.push(target)
      else {
        ineligible.push({ target, missing })
        exchange.progress.ruleOut(target)
      }
    }
  }
  // Better a target that cannot do all that was wished for than none.
  for (const target of lastResort) {
    const answer = await tryTarget(exchange, target, options, failures)
    if (answer) return { answer }
  }
  return { error: failures.failure ?? failures.refusal, ineligible }
}

/** A failure may pass, so it tells more than that a target cannot take such a request at all. */
type Failures = { failure?: GatewayError; refusal?: GatewayError }

/**
 * Undefined: none of its credentials served; their errors are added to `failures`. Throws what the client
 * must get at once.
 */
async function tryTarget(
  exchange: Exchange,
  target: Target,
  { includeCoolingDown }: Options,
  failures: Failures,
): Promise<Answer | undefined> {
  // Before a credential is taken: a malformed request is no fault of any.
  if (exchange.action !== 'relay' && !passesTo(exchange, target)) await exchange.body.conversation()
  const { pool } = exchange.gateway.services
  const tried = new Set(exchange.progress.excludedOf(target))
  for (;;) {
    if (isTotalOver(exchange, target)) {
      recordDecision(exchange.progress, target, {
        verdict: 'passed over',
        reason: 'timeout.total is over',
      })
      return undefined
    }
    const lease = pool.acquire(target.provider.id, target.model, tried, {
      includeCoolingDown,
      prefer: preferredTarget(exchange)?.credential,
    })
    if (!lease) break
    tried.add(lease.credential.id)
    const outcome = await runAttempt(exchange, target, lease)
    if ('answer' in outcome) return outcome.answer
    if (outcome.after === 'stop') throw outcome.error
    if (outcome.after === 'next-target') {
      // Its other credentials would get the same error.
      failures.refusal ??= outcome.error
      exchange.progress.ruleOut(target)
      return undefined
    }
    failures.failure = moreInformative(failures.failure, outcome.error)
    if (ERROR_POLICY[outcome.error.code].excludes)
      exchange.progress.exclude(target, lease.credential.id)
  }
  if (tried.size === 0)
    recordDecision(exchange.progress, target, {
      verdict: 'cooling down',
      reason: whyCoolingDown(exchange, target),
    })
  return undefined
}

/** An attempt that would be ended at once is none; before the first one nothing is over. */
function isTotalOver(exchange: Exchange, target: Target): boolean {
  const { progress, gateway } = exchange
  return progress.attempts > 0 && totalDueAtMs(exchange, target) <= gateway.services.now()
}

/** Why none of a target's credentials is able. */
function whyCoolingDown({ gateway }: Exchange, { provider, model }: Target): string {
  const verdicts = gateway.services.pool.verdicts(provider.id, model)
  if (verdicts.length === 0) return `${provider.id} has no credential; give it keys`
  return verdicts.map(({ credential, reason }) => `${credential} ${reason}`).join(', ')
}
