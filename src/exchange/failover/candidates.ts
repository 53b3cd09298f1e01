import type { Tool } from '../../conversation/index.ts'
import type { AffinityTarget } from '../../credentials/affinity.ts'
import type { Lease } from '../../credentials/pool.ts'
import { ERROR_POLICY, moreInformative } from '../../lib/error-policy.ts'
import { GatewayError } from '../../lib/errors.ts'
import type { Target } from '../../routing/table.ts'
import type { Exchange } from '../context.ts'
import { totalDueAtMs } from '../request.ts'
import type { Candidate } from '../upstream/attempt.ts'
import type { Passage } from '../upstream/upstream.ts'
import { preferredTarget } from './affinity.ts'
import { type MissingCapability, missingCapability } from './capabilities.ts'
import { recordDecision } from './decisions.ts'
import { noTargetAble } from './no-target.ts'
import { inOrder } from './order.ts'
import { itsTurn, pause, placeInQueue, untilNextRound } from './waits.ts'

export type { Candidate } from '../upstream/attempt.ts'

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
    let outcome = yield* oneRound(exchange, false)
    // All credentials cool down. After a passing fault that is a guess, so we ask rather than refuse.
    if (!outcome.error) outcome = yield* oneRound(exchange, true)
    const { error, ineligible, coolingDown } = outcome
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

/** Every target of the route once, in order, with every credential that it has. */
function* oneRound(exchange: Exchange, coolingDown: boolean): Steps<RoundOutcome> {
  const { gateway, route, progress, action, body } = exchange
  const ineligible: { target: Target; missing: MissingCapability }[] = []
  const lastResort: Target[] = []
  const failures: Failures = {}
  for (const step of route.steps) {
    const { turns, latencies } = gateway.services
    const targets =
      step.members.length === 1
        ? step.members
        : inOrder(step, turns, preferredOf(exchange), latencies)
    for (const target of targets) {
      const passage = passageTo(exchange, target)
      // What another protocol has no words for is looked for in the conversation, which is read anyway.
      if (!passage?.sameProtocol && action !== 'relay' && !body.loaded) yield* read(exchange)
      const missing = mayBeIneligible(exchange, target, passage)
        ? yield* settled(missingCapability(exchange, target))
        : undefined
      if (!missing) {
        yield* eachCredential(exchange, target, coolingDown, failures)
        continue
      }
      const { reason, line } = missing
      recordDecision(progress, target, { verdict: 'passed over', reason, line })
      if (missing.must) {
        ineligible.push({ target, missing })
        progress.ruleOut(target)
      } else lastResort.push(target)
    }
  }
  // Better a target that lacks what the request merely wishes for than none.
  for (const target of lastResort) yield* eachCredential(exchange, target, coolingDown, failures)
  return { error: failures.failure ?? failures.refusal, ineligible, coolingDown }
}

/** What should serve the conversation next; undefined: any target, or no conversation is named. */
function preferredOf(exchange: Exchange): AffinityTarget | undefined {
  return exchange.envelope.session === undefined ? undefined : preferredTarget(exchange)
}

/** How the request gets to a target; undefined: its provider has nothing that such a request needs. */
function passageTo(
  { gateway, action, codec }: Exchange,
  { provider }: Target,
): Passage | undefined {
  const upstreams = gateway.upstreams.get(provider)
  return (action === 'relay' ? upstreams?.relays : upstreams?.others)?.get(codec.protocol)
}

/** Whether a target's capabilities must be looked at; most requests stay in what each target has. */
function mayBeIneligible(
  { caller, action, body, gateway }: Exchange,
  { facts }: Target,
  passage: Passage | undefined,
): boolean {
  if (caller.budgeted) return true
  if (action === 'relay') return false
  return (
    (!passage?.sameProtocol && body.loaded?.tools.every(isClients) !== true) ||
    gateway.services.learned.any ||
    facts.lacks !== undefined ||
    (facts.contextTokens !== undefined && body.bytes.length > facts.contextTokens)
  )
}

function isClients({ type }: Tool): boolean {
  return type !== 'server'
}

/** Reads the conversation. A malformed one is refused later, by the target that would translate it. */
function* read({ body }: Exchange): Steps<void> {
  try {
    const loading = body.load()
    if (loading instanceof Promise) yield body.readable()
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
  }
}

/** Whether the client's own bytes may go to a target; the seals in them are not looked at. */
function passesTo(exchange: Exchange, target: Target, passage: Passage | undefined): boolean {
  const { allowsPassthrough, progress, action, compacts, body } = exchange
  return (
    allowsPassthrough &&
    !progress.withoutSeals &&
    passage?.passes === true &&
    (target.reasoning === undefined || action === 'relay') &&
    (!compacts || target.provider.kind.quirks?.compact === true) &&
    (action === 'relay' || target.provider.kind.rules?.passes(body.json(), action) !== false)
  )
}

/** The only candidate of a request that tries no other: it counts tokens. */
export function candidateOf(exchange: Exchange, target: Target, lease: Lease): Candidate {
  const passage = passageTo(exchange, target)
  return { target, lease, passage, passing: passesTo(exchange, target, passage) }
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
  const { progress, body, gateway } = exchange
  // Before a credential is leased: a malformed request is no fault of any.
  const passage = passageTo(exchange, target)
  if (!body.loaded && exchange.action !== 'relay' && !passesTo(exchange, target, passage))
    yield* settled(body.load())
  const tried = new Set(progress.excluded?.get(target))
  for (;;) {
    if (progress.attempts > 0 && isTotalOver(exchange, target)) {
      const reason = 'timeout.total is over'
      recordDecision(progress, target, { verdict: 'passed over', reason })
      return
    }
    const options = { includeCoolingDown, prefer: preferredOf(exchange)?.credential }
    const { pool } = gateway.services
    const lease = pool.acquire(target.provider.id, target.model, tried, options)
    if (!lease) break
    tried.add(lease.credential.id)
    let failure: AttemptFailure | undefined
    do failure = yield { target, lease, passage, passing: passesTo(exchange, target, passage) }
    while (!failure || failure.after === 'again')
    const { error, after } = failure
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

/** An attempt that would be ended at once is none; before the first one nothing is over. */
function isTotalOver(exchange: Exchange, target: Target): boolean {
  return totalDueAtMs(exchange, target) <= exchange.gateway.services.now()
}

/** Why none of a target's credentials is able. */
function whyCoolingDown({ gateway }: Exchange, { provider, model }: Target): string {
  const verdicts = gateway.services.pool.verdicts(provider.id, model)
  if (verdicts.length === 0) return `${provider.id} has no credential; give it keys`
  return verdicts.map(({ credential, reason }) => `${credential} ${reason}`).join(', ')
}
