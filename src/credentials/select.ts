import type { Strategy } from './spec.ts'

export type Candidate = { id: string; weight: number; priority: number }

/** Scores of the smooth choice, kept between calls by candidate id. */
export type Turns = Map<string, number>

/**
 * Who serves next among those able, which must not be empty. Only the highest priority present
 * takes part. `round-robin` is the weighted choice with equal weights: fair at any moment, also
 * while candidates come and go.
 */
export function select<C extends Candidate>(
  able: readonly C[],
  strategy: Strategy,
  turns: Turns,
): C | undefined {
  const top = Math.max(...able.map(candidate => candidate.priority))
  const tier = able.filter(candidate => candidate.priority === top && candidate.weight > 0)
  if (tier.length <= 1 || strategy === 'fill-first') return tier[0]
  let best: C | undefined
  let sum = 0
  for (const candidate of tier) {
    const weight = strategy === 'weighted' ? candidate.weight : 1
    const score = (turns.get(candidate.id) ?? 0) + weight
    turns.set(candidate.id, score)
    sum += weight
    if (!best || score > (turns.get(best.id) ?? 0)) best = candidate
  }
  if (best) turns.set(best.id, (turns.get(best.id) ?? 0) - sum)
  return best
}
