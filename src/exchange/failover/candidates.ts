import type { Lease } from '../../credentials/pool.ts'
import { ERROR_POLICY, moreInformative } from '../../lib/error-policy.ts'
import type { GatewayError } from '../../lib/errors.ts'
import type { Target } from '../../routing/table.ts'
import type { Exchange } from '../context.ts'
import { totalDueAtMs } from '../request.ts'
import { passesTo } from '../upstream/attempt.ts'
import { preferredTarget } from './affinity.ts'
import { type MissingCapability, missingCapability } from './capabilities.ts'
import { recordDecision } from './decisions.ts'
import { noTargetAble } from './no-target.ts'
import { inOrder } from './order.ts'
import { itsTurn, pause, placeInQueue, untilNextRound } from './waits.ts'

/** One attempt to make: a target, and the credential that is leased for it. */
export type Candidate = { readonly target: Target; readonly lease: Lease }

/**
 * Why a candidate did not answer, and what comes next: the same candidate once more (`again`),
 * another credential (`next`), another target (`next-target`) or nothing (`stop`).
 */
export type AttemptFailure = {
  readonly error: GatewayError
  readonly after: 'again' | 'next' | 'next-target' | 'stop'
}

/**
 * What is yielded: a candidate, which gets its failure by `next`, or a promise to wait for before
 * the next candidate is known. A generator that is not async costs no turn where nothing is waited for.
 */
type Steps<Result> = Generator<Candidate | Promise<unknown>, Result, AttemptFailure | undefined>

/**
 * Every candidate for a request, in order, by affinity, capabilities and cooldowns; then further
 * rounds of them, and the queue, as far as the policy allows. Returns the error that tells the
 * client most once there is nothing left to try.
 */
export function* candidates(exchange: Exchange): Steps<GatewayError> {
  const { progress, gateway } = exchange
  let rounds = gateway.table.policy.requestRetry
  let worst: GatewayError | undefined
  for (let round = 0; ; round++) {
    const { error, ineligible, coolingDown } = yield* fullRound(exchange)
    worst = error ? moreInformative(worst, error) : (worst ?? noTargetAble(exchange, ineligible))
    // An earlier request met the fault and spent its rounds on it: one attempt is enough here, or
    // the client's own retries would multiply with ours.
    if (round === 0 && coolingDown && ERROR_POLICY[worst.code].cooldown === 'transient') rounds = 0
    const waitMs = round < rounds ? untilNextRound(exchange, worst, round) : undefined
    if (waitMs !== undefined) {
      yield pause(waitMs, exchange)
      continue
    }
    progress.ticket ??= placeInQueue(exchange, worst)
    if (!progress.ticket || !(yield* settled(itsTurn(exchange, progress.ticket)))) return worst
    // Errors from before the wait no longer count.
    worst = undefined
  }
}

/** The value of what may be a promise; only a promise is waited for. */
function* settled<Value>(value: Value | Promise<Value>): Steps<Value> {
  if (!(value instanceof Promise)) return value
  const holder: { value?: Value } = {}
  yield value.then(resolved => {
    holder.value = resolved
  })
  return holder.value as Value
}

/** `error`: why no target that was tried answered; undefined: none was tried. */
type RoundOutcome = {
  error: GatewayError | undefined
  ineligible: readonly { target: Target; missing: MissingCapability }[]
  /** Only credentials in a cooldown that is a guess were left to ask. */
  coolingDown: boolean
}

function* fullRound(exchange: Exchange): Steps<RoundOutcome> {
  const outcome = yield* oneRound(exchange, false)
  if (outcome.error) return outcome
  // All credentials cool down. After a passing fault that is a guess, so we ask rather than refuse.
  return yield* oneRound(exchange, true)
}

/** Every target of the route once, in order, with every credential that it has. */
function* oneRound(exchange: Exchange, coolingDown: boolean): Steps<RoundOutcome> {
  const { turns, latencies } = exchange.gateway.services
  const ineligible: { target: Target; missing: MissingCapability }[] = []
  const lastResort: Target[] = []
  const failures: Failures = {}
  for (const step of exchange.route.steps) {
    for (const target of inOrder(step, turns, preferredTarget(exchange), latencies)) {
      const missing = yield* settled(missingCapability(exchange, target))
      if (!missing) {
        yield* eachCredential(exchange, target, coolingDown, failures)
        continue
      }
      const { reason, line } = missing
      recordDecision(exchange.progress, target, { verdict: 'passed over', reason, line })
      if (missing.must) {
        ineligible.push({ target, missing })
        exchange.progress.ruleOut(target)
      } else lastResort.push(target)
    }
  }
  // Better a target that lacks what the request merely wishes for than none.
  for (const target of lastResort) yield* eachCredential(exchange, target, coolingDown, failures)
  return { error: failures.failure ?? failures.refusal, ineligible, coolingDown }
}

/** A failure may pass, so it tells more than that a target cannot take such a request at all. */
type Failures = { failure?: GatewayError; refusal?: GatewayError }

/** A target with each of its credentials that is able. Their errors are added to `failures`. */
function* eachCredential(
  exchange: Exchange,
  target: Target,
  includeCoolingDown: boolean,
  failures: Failures,
): Steps<void> {
  const { progress, body } = exchange
  // Before a credential is leased: a malformed request is no fault of any.
  if (!body.loaded && exchange.action !== 'relay' && !passesTo(exchange, target))
    yield body.conversation()
  const { pool } = exchange.gateway.services
  const tried = new Set(progress.excludedOf(target))
  for (;;) {
    if (isTotalOver(exchange, target)) {
      const reason = 'timeout.total is over'
      recordDecision(progress, target, { verdict: 'passed over', reason })
      return
    }
    const prefer = preferredTarget(exchange)?.credential
    const options = { includeCoolingDown, prefer }
    const lease = pool.acquire(target.provider.id, target.model, tried, options)
    if (!lease) break
    tried.add(lease.credential.id)
    const { error, after } = yield* failureOf({ target, lease })
    if (after === 'next-target') {
      // Its other credentials would get the same error.
      failures.refusal ??= error
      progress.ruleOut(target)
      return
    }
    failures.failure = moreInformative(failures.failure, error)
    if (ERROR_POLICY[error.code].excludes) progress.exclude(target, lease.credential.id)
  }
  if (tried.size > 0) return
  const reason = whyCoolingDown(exchange, target)
  recordDecision(progress, target, { verdict: 'cooling down', reason })
}

/** Yields a candidate until its failure says that another one is next. */
function* failureOf(candidate: Candidate): Steps<AttemptFailure> {
  for (;;) {
    const failure = yield candidate
    if (failure && failure.after !== 'again') return failure
  }
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
