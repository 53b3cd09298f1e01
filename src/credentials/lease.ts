import { ERROR_POLICY } from '../lib/error-policy.ts'
import type { GatewayError } from '../lib/errors.ts'
import type { Limits } from '../providers/kind.ts'
import { cooldownAfter } from './cooldown.ts'
import type { Credential, PoolPolicy } from './credential.ts'
import { EVERY_MODEL, type Member } from './member.ts'

export type Outcome = { ok: true } | { ok: false; error: GatewayError; limits?: Limits }

/** A credential held for one attempt. */
export interface Lease {
  readonly credential: Credential
  /** It tries a credential after a cooldown: others wait for `answered`. */
  readonly onTrial: boolean
  /** The upstream has begun to answer: this credential is not on trial any more. */
  answered(): void
  /** Reports how it went, once; later calls do nothing. */
  settle(outcome: Outcome): void
  /** Gives it back with nothing learnt. */
  release(): void
}

/** What decides how long a failed credential cools down. */
export type LeaseOptions = {
  now(): number
  /** From 0 to below 1. */
  random(): number
  /** That in force when the lease ends. */
  policy(): PoolPolicy
}

export class MemberLease implements Lease {
  readonly credential: Credential
  private readonly member: Member
  private readonly model: string
  private readonly options: LeaseOptions
  /** The scopes in which this lease is the trial after a cooldown. */
  private trials: readonly string[]
  private settled = false
  readonly onTrial: boolean

  constructor(member: Member, model: string, options: LeaseOptions) {
    this.credential = member.credential
    this.member = member
    this.model = model
    this.options = options
    this.trials = member.cooldowns.empty ? NONE : member.beginTrials(model)
    this.onTrial = this.trials.length > 0
  }

  answered(): void {
    if (this.trials.length > 0) this.member.endTrials(this.trials)
    this.trials = NONE
  }

  settle(outcome: Outcome): void {
    if (this.trials.length > 0) this.answered()
    if (this.settled) return
    this.settled = true
    const { cooldowns } = this.member
    if (!outcome.ok) this.coolDown(outcome.error, outcome.limits)
    else if (!cooldowns.empty) {
      cooldowns.clear(this.model)
      cooldowns.clear(EVERY_MODEL)
    }
  }

  release(): void {
    this.answered()
    this.settled = true
  }

  private coolDown(error: GatewayError, limits: Limits | undefined): void {
    const { cooldowns } = this.member
    const { scope: usual, cooldown: cooldownClass } = ERROR_POLICY[error.code]
    const everyModel = limits?.scope === 'credential' || usual === 'credential'
    const scope = everyModel ? EVERY_MODEL : this.model
    const before = cooldownClass === 'none' ? undefined : cooldowns.last(scope, cooldownClass)
    const { now, random, policy } = this.options
    const chance = { nowMs: now(), random: random() }
    const retryAfterMs = limits?.retryAfterMs ?? error.retryAfterMs
    const cooldown = cooldownAfter(error, before, policy(), chance, retryAfterMs)
    if (cooldown) cooldowns.set(scope, cooldown)
  }
}

const NONE: readonly string[] = []
