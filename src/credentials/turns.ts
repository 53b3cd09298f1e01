import type { Turns } from '../lib/smooth-choice.ts'
import type { Strategy } from './credential.ts'
import type { Member } from './member.ts'
import { type Candidate, select } from './strategy.ts'

/** Models are the clients' words, so what is kept for each must stay bounded. */
const MAX_TURNS = 4_096

/** Whose turn it is, for each provider and model. Credentials are known by their ids. */
export class TurnsByModel {
  private readonly turns = new Map<string, Turns>()

  /** The next of these members by the strategy; undefined: none takes turns. */
  next(
    members: readonly Member[],
    strategy: Strategy,
    provider: string,
    model: string,
  ): Member | undefined {
    const [only] = members
    if (!only) return undefined
    if (members.length === 1) return only.credential.weight > 0 ? only : undefined
    return select(members.map(candidateOf), strategy, this.of(provider, model))?.member
  }

  /** The members in the order in which they would be asked. Takes no turn. */
  order(members: readonly Member[], strategy: Strategy, provider: string, model: string): Member[] {
    const turns = new Map(this.of(provider, model))
    const ordered: Member[] = []
    for (let left = members.map(candidateOf); left.length > 0; ) {
      const next = select(left, strategy, turns)
      if (!next) break
      ordered.push(next.member)
      left = left.filter(candidate => candidate !== next)
    }
    return ordered
  }

  /** Forgets credentials that are not among these. */
  keep(ids: ReadonlySet<string>): void {
    for (const turns of this.turns.values())
      for (const id of turns.keys()) if (!ids.has(id)) turns.delete(id)
  }

  private of(provider: string, model: string): Turns {
    const key = `${provider}\t${model}`
    const known = this.turns.get(key)
    if (known) return known
    if (this.turns.size >= MAX_TURNS) this.turns.clear()
    const turns: Turns = new Map()
    this.turns.set(key, turns)
    return turns
  }
}

function candidateOf(member: Member): Candidate & { member: Member } {
  const { id, weight, priority } = member.credential
  return { id, weight, priority, member }
}
