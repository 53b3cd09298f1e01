import type { Cooldown } from './cooldown.ts'
import type { CooldownStore } from './cooldown-store.ts'
import type { Credential } from './credential.ts'

/** The key under which a cooldown for all models is kept. */
export const EVERY_MODEL = '*'

const NONE: readonly string[] = []

/**
 * A credential in the pool, with its cooldowns. After a cooldown it is half open: one request tries
 * it, and the others go elsewhere until it has begun to answer.
 */
export class Member {
  readonly credential: Credential
  readonly cooldowns: CooldownStore
  /** Scopes in which it has been leased after a cooldown, with the outcome not known yet. */
  private readonly trials: Set<string>

  constructor(credential: Credential, cooldowns: CooldownStore, trials = new Set<string>()) {
    this.credential = credential
    this.cooldowns = cooldowns
    this.trials = trials
  }

  /** The same account as it is declared now; its state stays. */
  renewed(credential: Credential): Member {
    return new Member(credential, this.cooldowns, this.trials)
  }

  /** The cooldown that counts. One that is no guess goes first: a guess need not be waited for. */
  cooldown(model: string): Cooldown | undefined {
    if (this.cooldowns.empty) return undefined
    const ofModel = this.cooldowns.open(model)
    const ofAll = this.cooldowns.open(EVERY_MODEL)
    if (ofModel.length === 0 && ofAll.length === 0) return undefined
    const open = [...ofModel, ...ofAll]
    const sure = open.filter(({ guessed }) => !guessed)
    return (sure.length > 0 ? sure : open).reduce((a, b) => (b.untilMs > a.untilMs ? b : a))
  }

  isOnTrial(model: string): boolean {
    return this.trials.size > 0 && this.unproven(model).some(scope => this.trials.has(scope))
  }

  /** The scopes that the next request tries; the trial is over with `endTrials`. */
  beginTrials(model: string): readonly string[] {
    const unproven = this.unproven(model)
    if (unproven.length === 0) return NONE
    const trials = unproven.filter(scope => !this.trials.has(scope))
    for (const scope of trials) this.trials.add(scope)
    return trials
  }

  endTrials(scopes: readonly string[]): void {
    for (const scope of scopes) this.trials.delete(scope)
  }

  /** The scopes in which no request has succeeded since its last cooldown. */
  private unproven(model: string): readonly string[] {
    const ofModel = this.cooldowns.any(model)
    const ofAll = this.cooldowns.any(EVERY_MODEL)
    if (!ofModel && !ofAll) return NONE
    return [...(ofModel ? [model] : []), ...(ofAll ? [EVERY_MODEL] : [])]
  }
}
