import type { GatewayError } from '../lib/errors.ts'
import type { Turns } from '../lib/smooth-choice.ts'
import type { Limits } from '../providers/kind.ts'
import { type Cooldown, cooldownAfter } from './cooldown.ts'
import { select } from './select.ts'
import type { CredentialSpec, PoolPolicy } from './spec.ts'

export type Outcome = { ok: true } | { ok: false; error: GatewayError; limits?: Limits }

/** A credential held for one attempt. */
export type Lease = {
  credential: string
  spec: CredentialSpec
  /** Reports how it went, once; later calls do nothing. */
  settle(outcome: Outcome): void
  /** Gives it back with nothing learnt. */
  release(): void
}

export type CredentialState = { id: string; model: string; code: string; untilMs: number }

/** Who pays. Outlives reloads: cooldowns stay with a credential as long as its secret does. */
export interface Pool {
  /** By id: what is new joins, what is gone leaves, the rest keeps its state. */
  reconcile(declared: readonly CredentialSpec[], policy: PoolPolicy): void
  /**
   * Undefined when nobody untried is able. `evenIfCooling` also takes one whose rest is only a
   * guess, the one whose rest ends first. `prefer` goes before everything else that is able.
   */
  acquire(
    provider: string,
    model: string,
    tried: ReadonlySet<string>,
    options?: { evenIfCooling?: boolean; prefer?: string | undefined },
  ): Lease | undefined
  /** When the first resting credential is back, epoch ms; undefined: none rests. */
  earliestReset(provider: string, model: string): number | undefined
  states(): CredentialState[]
}

/** The key under which a rest from all models is kept. */
const EVERY_MODEL = '*'

type Member = { spec: CredentialSpec; cooldowns: Map<string, Cooldown> }

export function createPool(clock: { now(): number }): Pool {
  let policy: PoolPolicy = {
    strategy: 'round-robin',
    cooldown: { transientMs: 60_000, maxMs: 1_800_000 },
  }
  let providers = new Map<string, Member[]>()
  const turns = new Map<string, Turns>()

  function resting(member: Member, model: string): Cooldown | undefined {
    const now = clock.now()
    const rests = [member.cooldowns.get(model), member.cooldowns.get(EVERY_MODEL)]
    let longest: Cooldown | undefined
    for (const rest of rests) {
      if (rest && rest.untilMs > now && rest.untilMs > (longest?.untilMs ?? 0)) longest = rest
    }
    return longest
  }

  function lease(member: Member, model: string): Lease {
    let settled = false
    return {
      credential: member.spec.id,
      spec: member.spec,
      settle(outcome) {
        if (settled) return
        settled = true
        if (outcome.ok) {
          member.cooldowns.delete(model)
          member.cooldowns.delete(EVERY_MODEL)
          return
        }
        const { error, limits } = outcome
        const scope = limits?.scope === 'credential' ? EVERY_MODEL : model
        const told = limits?.retryAfterMs ?? error.retryAfterMs
        const rest = cooldownAfter(error, member.cooldowns.get(scope), policy, clock.now(), told)
        if (rest) member.cooldowns.set(scope, rest)
      },
      release() {
        settled = true
      },
    }
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
    reconcile(declared, next) {
      policy = next
      const before = new Map([...providers.values()].flat().map(member => [member.spec.id, member]))
      providers = new Map()
      for (const spec of declared) {
        const known = before.get(spec.id)
        const cooldowns =
          known?.spec.secret === spec.secret ? known.cooldowns : new Map<string, Cooldown>()
        const members = providers.get(spec.provider) ?? []
        members.push({ spec, cooldowns })
        providers.set(spec.provider, members)
      }
    },
    acquire(provider, model, tried, options = {}) {
      const members = providers.get(provider)
      if (!members) return undefined
      const able = members.filter(member => !tried.has(member.spec.id) && !resting(member, model))
      const preferred = able.find(member => member.spec.id === options.prefer)
      if (preferred && preferred.spec.weight > 0) return lease(preferred, model)
      if (able.length > 0) {
        if (able.length === 1 && able[0])
          return able[0].spec.weight > 0 ? lease(able[0], model) : undefined
        const chosen = select(
          able.map(member => ({ ...member.spec, member })),
          policy.strategy,
          turnsOf(provider, model),
        )
        return chosen && lease(chosen.member, model)
      }
      if (!options.evenIfCooling) return undefined
      let soonest: { member: Member; untilMs: number } | undefined
      for (const member of members) {
        const rest = resting(member, model)
        if (!rest?.guessed || tried.has(member.spec.id)) continue
        if (!soonest || rest.untilMs < soonest.untilMs) soonest = { member, untilMs: rest.untilMs }
      }
      return soonest && lease(soonest.member, model)
    },
    earliestReset(provider, model) {
      let earliest: number | undefined
      for (const member of providers.get(provider) ?? []) {
        const rest = resting(member, model)
        if (rest && (earliest === undefined || rest.untilMs < earliest)) earliest = rest.untilMs
      }
      return earliest
    },
    states() {
      const now = clock.now()
      return [...providers.values()].flat().flatMap(({ spec, cooldowns }) =>
        [...cooldowns]
          .filter(([, rest]) => rest.untilMs > now)
          .map(([model, rest]) => ({
            id: spec.id,
            model,
            code: rest.code,
            untilMs: rest.untilMs,
          })),
      )
    },
  }
}
