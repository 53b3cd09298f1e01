import { ERROR_POLICY } from '../lib/error-policy.ts'
import type { ErrorCode, GatewayError } from '../lib/errors.ts'
import type { Turns } from '../lib/smooth-choice.ts'
import type { Limits } from '../providers/kind.ts'
import type { StateStore } from '../store/state.ts'
import { type Cooldown, cooldownAfter } from './cooldown.ts'
import { type CooldownStore, createCooldownStore } from './cooldown-store.ts'
import type { Credential, PoolPolicy, Strategy } from './credential.ts'
import { type Candidate, select } from './strategy.ts'

export type Outcome = { ok: true } | { ok: false; error: GatewayError; limits?: Limits }

/** A credential held for one attempt. */
export type Lease = {
  credential: Credential
  /** The upstream has begun to answer: this credential is not on trial any more. */
  answered(): void
  /** Reports how it went, once; later calls do nothing. */
  settle(outcome: Outcome): void
  /** Gives it back with nothing learnt. */
  release(): void
}

/** `able`: it would be asked. The reason goes behind its name. */
export type CredentialVerdict = { credential: string; able: boolean; reason: string }

/** A cooldown that is not over. `model`: `*` is all of them. */
export type CredentialState = { id: string; model: string } & Cooldown

/** Absent: any. */
export type CooldownFilter = { credential?: string; model?: string }

/** Who pays. Outlives reloads: cooldowns stay with an account, whichever token it has. */
export interface Pool {
  /**
   * Takes these in place of those before, declared and stored ones alike: one with an id and a
   * fingerprint that were there keeps its state.
   */
  reconcile(credentials: readonly Credential[], policy: PoolPolicy): void
  /** Those of a provider. */
  credentials(provider: string): readonly Credential[]
  /** Those whose secrets do not stay what they are. */
  secretHolders(): readonly Credential[]
  /**
   * Undefined when nobody untried is able. `includeCoolingDown` also takes one whose cooldown is only
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

/** The key under which a cooldown for all models is kept. */
const EVERY_MODEL = '*'

/** `trials`: models for which it has been leased after a cooldown, with the outcome not known yet. */
type Member = { credential: Credential; cooldowns: CooldownStore; trials: Set<string> }

export type PoolOptions = {
  now(): number
  /** From 0 to below 1: spreads the ends of cooldowns, so that they do not all end at once. */
  random(): number
  /** Holds cooldowns beyond the life of the process. */
  state: StateStore
}

function verdict({ credential }: Member, reason: string): CredentialVerdict {
  return { credential: credential.id, able: true, reason }
}

function candidateOf(member: Member): Candidate & { member: Member } {
  const { id, weight, priority } = member.credential
  return { id, weight, priority, member }
}

/** Everybody in the order of the strategy; the scores are used up. */
function inTurn(members: readonly Member[], strategy: Strategy, turns: Turns): Member[] {
  let left = members.map(candidateOf)
  const order: Member[] = []
  while (left.length > 0) {
    const next = select(left, strategy, turns)
    if (!next) break
    order.push(next.member)
    left = left.filter(candidate => candidate !== next)
  }
  return order
}

function whyNot({ weight }: Credential, cooldown: Cooldown | undefined, nowMs: number): string {
  if (!cooldown) return `takes no turn: its weight is ${weight}`
  const seconds = Math.ceil((cooldown.untilMs - nowMs) / 1000)
  const retryAfterMs = cooldown.guessed ? ', a guess' : ''
  return `cools down after ${cooldown.code} for ${seconds} s, until ${new Date(cooldown.untilMs).toISOString()}${retryAfterMs}`
}

/**
 * After a cooldown a credential is half open: one request tries it, and the others go elsewhere until
 * it has begun to answer. Where there is no elsewhere they go along, for nothing may be lost.
 */
export function createPool({ now, random, state }: PoolOptions): Pool {
  let policy: PoolPolicy = {
    strategy: 'round-robin',
    cooldown: { transientMs: 60_000, maxMs: 1_800_000 },
  }
  let providers = new Map<string, Member[]>()
  let refreshable: readonly Credential[] = []
  const turns = new Map<string, Turns>()

  /** The cooldown that counts. One that is no guess goes first: a guess need not be waited for. */
  function activeCooldown({ cooldowns }: Member, model: string): Cooldown | undefined {
    const own = cooldowns.open(model)
    const whole = cooldowns.open(EVERY_MODEL)
    if (own.length === 0 && whole.length === 0) return undefined
    const open = [...own, ...whole]
    const sure = open.filter(({ guessed }) => !guessed)
    return (sure.length > 0 ? sure : open).reduce((a, b) => (b.untilMs > a.untilMs ? b : a))
  }

  /** The scopes of a member in which no request has succeeded since its last cooldown. */
  function unproven({ cooldowns }: Member, model: string): string[] {
    return [model, EVERY_MODEL].filter(scope => cooldowns.any(scope))
  }

  function onTrial(member: Member, model: string): boolean {
    return member.trials.size > 0 && unproven(member, model).some(scope => member.trials.has(scope))
  }

  function lease(member: Member, model: string): Lease {
    let settled = false
    const trials = unproven(member, model).filter(scope => !member.trials.has(scope))
    for (const scope of trials) member.trials.add(scope)
    const endTrials = (): void => {
      for (const scope of trials.splice(0)) member.trials.delete(scope)
    }
    return {
      credential: member.credential,
      answered: endTrials,
      settle(outcome) {
        endTrials()
        if (settled) return
        settled = true
        if (outcome.ok) {
          member.cooldowns.clear(model)
          member.cooldowns.clear(EVERY_MODEL)
          return
        }
        const { error, limits } = outcome
        const { scope: usual, cooldown: cooldownClass } = ERROR_POLICY[error.code]
        const whole = limits?.scope === 'credential' || usual === 'credential'
        const scope = whole ? EVERY_MODEL : model
        const retryAfterMs = limits?.retryAfterMs ?? error.retryAfterMs
        const before =
          cooldownClass === 'none' ? undefined : member.cooldowns.last(scope, cooldownClass)
        const cooldown = cooldownAfter(
          error,
          before,
          policy,
          { nowMs: now(), random: random() },
          retryAfterMs,
        )
        if (cooldown) member.cooldowns.set(scope, cooldown)
      },
      release() {
        endTrials()
        settled = true
      },
    }
  }

  function chosenOf(members: Member[], provider: string, model: string): Member | undefined {
    const [only] = members
    if (members.length === 1 && only) return only.credential.weight > 0 ? only : undefined
    if (members.length === 0) return undefined
    return select(members.map(candidateOf), policy.strategy, turnsOf(provider, model))?.member
  }

  function turnsOf(provider: string, model: string): Turns {
    const key = `${provider}\t${model}`
    let found = turns.get(key)
    if (!found) {
      // Asked names are the clients': what is kept per name must stay bounded.
      if (turns.size >= 4_096) turns.clear()
      found = new Map()
      turns.set(key, found)
    }
    return found
  }

  return {
    reconcile(credentials, next) {
      policy = next
      const before = new Map(
        [...providers.values()].flat().map(member => [member.credential.id, member]),
      )
      providers = new Map()
      for (const credential of credentials) {
        const known = before.get(credential.id)
        const members = providers.get(credential.provider) ?? []
        const { cooldowns, trials } =
          known?.credential.fingerprint === credential.fingerprint
            ? known
            : {
                cooldowns: createCooldownStore(credential, {
                  now,
                  state,
                  maxMs: () => policy.cooldown.maxMs,
                }),
                trials: new Set<string>(),
              }
        members.push({ credential, cooldowns, trials })
        providers.set(credential.provider, members)
      }
      refreshable = credentials.filter(({ refresh }) => refresh)
      const ids = new Set(credentials.map(({ id }) => id))
      for (const scores of turns.values())
        for (const id of scores.keys()) if (!ids.has(id)) scores.delete(id)
    },
    credentials: provider => (providers.get(provider) ?? []).map(({ credential }) => credential),
    secretHolders: () => refreshable,
    acquire(provider, model, tried, options = {}) {
      const members = providers.get(provider)
      if (!members) return undefined
      const able = members.filter(
        member => !tried.has(member.credential.id) && !activeCooldown(member, model),
      )
      const preferred = able.find(member => member.credential.id === options.prefer)
      if (preferred && preferred.credential.weight > 0) return lease(preferred, model)
      if (able.length > 0) {
        const proven = able.filter(member => !onTrial(member, model))
        const chosen =
          chosenOf(proven, provider, model) ??
          (proven.length < able.length ? chosenOf(able, provider, model) : undefined)
        return chosen && lease(chosen, model)
      }
      if (!options.includeCoolingDown) return undefined
      let soonest: { member: Member; untilMs: number } | undefined
      for (const member of members) {
        const cooldown = activeCooldown(member, model)
        if (!cooldown?.guessed || tried.has(member.credential.id)) continue
        if (!soonest || cooldown.untilMs < soonest.untilMs)
          soonest = { member, untilMs: cooldown.untilMs }
      }
      return soonest && lease(soonest.member, model)
    },
    earliestReset(provider, model) {
      let earliest: number | undefined
      for (const member of providers.get(provider) ?? []) {
        const cooldown = activeCooldown(member, model)
        if (cooldown && (earliest === undefined || cooldown.untilMs < earliest))
          earliest = cooldown.untilMs
      }
      return earliest
    },
    guesses(provider, model, tried) {
      const untried = (providers.get(provider) ?? []).filter(
        ({ credential }) => !tried.has(credential.id),
      )
      return untried.some(member => activeCooldown(member, model)?.guessed === true)
    },
    cooldownOf(provider, model, credential) {
      const member = providers.get(provider)?.find(member => member.credential.id === credential)
      return member && activeCooldown(member, model)?.code
    },
    verdicts(provider, model, prefer) {
      const members = providers.get(provider) ?? []
      const able = members.filter(
        member => !activeCooldown(member, model) && member.credential.weight > 0,
      )
      const trials = able.filter(member => onTrial(member, model))
      const first = able.filter(({ credential }) => credential.id === prefer)
      const others = able.filter(member => !first.includes(member) && !trials.includes(member))
      // A look must not take anybody's turn.
      const turns = new Map(turnsOf(provider, model))
      return [
        ...first.map(member => verdict(member, 'holds the conversation')),
        ...inTurn(others, policy.strategy, turns).map(member => verdict(member, 'is able')),
        ...trials.map(member => verdict(member, 'is on trial after a cooldown')),
        ...members
          .filter(member => !able.includes(member))
          .map(member => ({
            credential: member.credential.id,
            able: false,
            reason: whyNot(member.credential, activeCooldown(member, model), now()),
          })),
      ]
    },
    reset(which = {}) {
      let ended = 0
      for (const { credential, cooldowns } of [...providers.values()].flat()) {
        if (which.credential !== undefined && credential.id !== which.credential) continue
        for (const [model, { untilMs }] of cooldowns.entries()) {
          if (which.model !== undefined && model !== which.model) continue
          if (untilMs > now()) ended++
          cooldowns.clear(model)
        }
      }
      return ended
    },
    states() {
      const atMs = now()
      return [...providers.values()].flat().flatMap(({ credential, cooldowns }) =>
        cooldowns
          .entries()
          .filter(([, cooldown]) => cooldown.untilMs > atMs)
          .map(([model, cooldown]) => ({ id: credential.id, model, ...cooldown })),
      )
    },
  }
}
