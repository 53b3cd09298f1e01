import type { ErrorCode } from '../lib/errors.ts'
import type { HotState } from '../store/state.ts'
import type { Cooldown } from './cooldown.ts'
import { createCooldownStore } from './cooldown-store.ts'
import type { Credential, PoolPolicy } from './credential.ts'
import { type Lease, type LeaseOptions, MemberLease } from './lease.ts'
import { Member } from './member.ts'
import { TurnsByModel } from './turns.ts'

export type { Lease, Outcome } from './lease.ts'

/** `able`: it would be asked. The reason goes behind its name. */
export type CredentialVerdict = { credential: string; able: boolean; reason: string }

/** A cooldown that is not over. `model`: `*` is all of them. */
export type CredentialState = { id: string; model: string } & Cooldown

/** Absent: any. */
export type CooldownFilter = { credential?: string; model?: string }

/** Who pays. Outlives reloads: cooldowns stay with an account, whichever token it has. */
export interface Pool {
  /**
   * Takes these in place of those before, declared and stored ones alike. An account that was there,
   * by its fingerprint, keeps its cooldowns, also under another id.
   */
  reconcile(credentials: readonly Credential[], policy: PoolPolicy): void
  /** Those of a provider. */
  credentials(provider: string): readonly Credential[]
  /** Those whose secrets do not stay what they are. */
  secretHolders(): readonly Credential[]
  /**
   * Undefined when none that is untried is able. `includeCoolingDown` also takes one whose cooldown is only
   * a guess, the one whose cooldown ends first. `prefer` goes before everything else that is able.
   */
  acquire(
    provider: string,
    model: string,
    tried: ReadonlySet<string>,
    options?: { includeCoolingDown?: boolean; prefer?: string | undefined },
  ): Lease | undefined
  /** When the first credential in a cooldown is back, epoch ms; undefined: none cools down. */
  earliestReset(provider: string, model: string): number | undefined
  /** Whether the cooldown of an untried one is only a guess: it may be asked before that is over. */
  guesses(provider: string, model: string, tried: ReadonlySet<string>): boolean
  /** The error after which a credential cools down; undefined: it does not. */
  cooldownOf(provider: string, model: string, credential: string): ErrorCode | undefined
  /** Every credential in the order in which it would be asked now, and why. */
  verdicts(provider: string, model: string, prefer?: string): CredentialVerdict[]
  states(): CredentialState[]
  /** Ends cooldowns, after the user has removed their cause. Gives how many there were. */
  reset(which?: CooldownFilter): number
}

export type PoolOptions = {
  now(): number
  /** From 0 to below 1: spreads the ends of cooldowns, so that they do not all end at once. */
  random(): number
  /** Holds cooldowns beyond the life of the process. */
  state: HotState
}

/** A pool without credentials; `reconcile` gives it some. */
export function createPool(options: PoolOptions): Pool {
  return new CredentialPool(options)
}

const NO_MEMBERS: readonly Member[] = []

class CredentialPool implements Pool {
  private readonly options: PoolOptions
  private readonly leaseOptions: LeaseOptions
  private readonly turns = new TurnsByModel()
  /** By provider. */
  private members = new Map<string, Member[]>()
  private refreshable: readonly Credential[] = []
  private policy: PoolPolicy = {
    strategy: 'round-robin',
    cooldown: { transientMs: 60_000, maxMs: 1_800_000 },
  }

  constructor(options: PoolOptions) {
    this.options = options
    const { now, random } = options
    this.leaseOptions = { now, random, policy: () => this.policy }
    options.state.changes((space, owner) => {
      if (space !== 'cooldown') return
      this.all()
        .find(({ credential }) => credential.id === owner)
        ?.cooldowns.reread()
    })
  }

  reconcile(credentials: readonly Credential[], policy: PoolPolicy): void {
    this.policy = policy
    const before = this.all()
    const byId = new Map(before.map(member => [member.credential.id, member]))
    const byAccount = new Map(before.map(member => [accountOf(member.credential), member]))
    const members = credentials.map(credential => {
      const known = byId.get(credential.id)
      if (known?.credential.fingerprint === credential.fingerprint) return known.renewed(credential)
      return this.joining(credential, byAccount.get(accountOf(credential)))
    })
    this.members = Map.groupBy(members, ({ credential }) => credential.provider)
    this.refreshable = credentials.filter(({ refresh }) => refresh)
    this.turns.keep(new Set(credentials.map(({ id }) => id)))
  }

  credentials(provider: string): readonly Credential[] {
    return this.of(provider).map(({ credential }) => credential)
  }

  secretHolders(): readonly Credential[] {
    return this.refreshable
  }

  acquire(
    provider: string,
    model: string,
    tried: ReadonlySet<string>,
    { includeCoolingDown = false, prefer }: Parameters<Pool['acquire']>[3] = {},
  ): Lease | undefined {
    const members = this.members.get(provider) ?? NO_MEMBERS
    const [only] = members
    // Almost every request: one credential, which never failed or has succeeded since.
    if (only?.cooldowns.empty && members.length === 1 && tried.size === 0)
      return only.credential.weight > 0
        ? new MemberLease(only, model, this.leaseOptions)
        : undefined
    const able = members.filter(
      member => !tried.has(member.credential.id) && !member.cooldown(model),
    )
    const preferred = able.find(({ credential }) => credential.id === prefer)
    if (preferred && preferred.credential.weight > 0) return this.lease(preferred, model)
    if (able.length > 0) return this.lease(this.next(able, provider, model), model)
    if (!includeCoolingDown) return undefined
    return this.lease(soonestGuess(members, model, tried), model)
  }

  earliestReset(provider: string, model: string): number | undefined {
    let earliest: number | undefined
    for (const member of this.of(provider)) {
      const cooldown = member.cooldown(model)
      if (cooldown && (earliest === undefined || cooldown.untilMs < earliest))
        earliest = cooldown.untilMs
    }
    return earliest
  }

  guesses(provider: string, model: string, tried: ReadonlySet<string>): boolean {
    return this.of(provider).some(
      member => !tried.has(member.credential.id) && member.cooldown(model)?.guessed === true,
    )
  }

  cooldownOf(provider: string, model: string, id: string): ErrorCode | undefined {
    const member = this.of(provider).find(({ credential }) => credential.id === id)
    return member?.cooldown(model)?.code
  }

  verdicts(provider: string, model: string, prefer?: string): CredentialVerdict[] {
    const members = this.of(provider)
    const able = members.filter(member => !member.cooldown(model) && member.credential.weight > 0)
    const onTrial = able.filter(member => member.isOnTrial(model))
    const first = able.filter(({ credential }) => credential.id === prefer)
    const others = able.filter(member => !first.includes(member) && !onTrial.includes(member))
    const unable = members.filter(member => !able.includes(member))
    const nowMs = this.options.now()
    return [
      ...first.map(member => verdict(member, 'holds the conversation')),
      ...this.turns
        .order(others, this.policy.strategy, provider, model)
        .map(member => verdict(member, 'is able')),
      ...onTrial.map(member => verdict(member, 'is on trial after a cooldown')),
      ...unable.map(member => refusal(member, model, nowMs)),
    ]
  }

  states(): CredentialState[] {
    const nowMs = this.options.now()
    return this.all().flatMap(({ credential, cooldowns }) =>
      cooldowns
        .entries()
        .filter(([, cooldown]) => cooldown.untilMs > nowMs)
        .map(([model, cooldown]) => ({ id: credential.id, model, ...cooldown })),
    )
  }

  reset(which: CooldownFilter = {}): number {
    let ended = 0
    for (const { credential, cooldowns } of this.all()) {
      if (which.credential !== undefined && credential.id !== which.credential) continue
      for (const [model, { untilMs }] of cooldowns.entries()) {
        if (which.model !== undefined && model !== which.model) continue
        if (untilMs > this.options.now()) ended++
        cooldowns.clear(model)
      }
    }
    return ended
  }

  private of(provider: string): readonly Member[] {
    return this.members.get(provider) ?? NO_MEMBERS
  }

  private all(): Member[] {
    return [...this.members.values()].flat()
  }

  /** `before`: the same account under another id, whose cooldowns it keeps. */
  private joining(credential: Credential, before: Member | undefined): Member {
    const { now, state } = this.options
    const maxMs = () => this.policy.cooldown.maxMs
    const cooldowns = createCooldownStore(credential, { now, state, maxMs })
    for (const [model, cooldown] of before?.cooldowns.entries() ?? [])
      cooldowns.set(model, cooldown)
    return new Member(credential, cooldowns)
  }

  /** Of those able. Where all others are on trial they are asked along: nothing may be lost. */
  private next(able: readonly Member[], provider: string, model: string): Member | undefined {
    const { strategy } = this.policy
    const proven = able.filter(member => !member.isOnTrial(model))
    return (
      this.turns.next(proven, strategy, provider, model) ??
      (proven.length < able.length ? this.turns.next(able, strategy, provider, model) : undefined)
    )
  }

  private lease(member: Member | undefined, model: string): Lease | undefined {
    return member && new MemberLease(member, model, this.leaseOptions)
  }
}

/** The untried member whose cooldown is a guess and ends first. */
function soonestGuess(
  members: readonly Member[],
  model: string,
  tried: ReadonlySet<string>,
): Member | undefined {
  let soonest: { member: Member; untilMs: number } | undefined
  for (const member of members) {
    const cooldown = member.cooldown(model)
    if (!cooldown?.guessed || tried.has(member.credential.id)) continue
    if (!soonest || cooldown.untilMs < soonest.untilMs)
      soonest = { member, untilMs: cooldown.untilMs }
  }
  return soonest?.member
}

function accountOf({ provider, fingerprint }: Credential): string {
  return `${provider}\t${fingerprint}`
}

function verdict({ credential }: Member, reason: string): CredentialVerdict {
  return { credential: credential.id, able: true, reason }
}

function refusal(member: Member, model: string, nowMs: number): CredentialVerdict {
  const { id, weight } = member.credential
  const reason = whyNot(weight, member.cooldown(model), nowMs)
  return { credential: id, able: false, reason }
}

function whyNot(weight: number, cooldown: Cooldown | undefined, nowMs: number): string {
  if (!cooldown) return `takes no turn: its weight is ${weight}`
  const seconds = Math.ceil((cooldown.untilMs - nowMs) / 1000)
  const until = new Date(cooldown.untilMs).toISOString()
  return `cools down after ${cooldown.code} for ${seconds} s, until ${until}${cooldown.guessed ? ', a guess' : ''}`
}
