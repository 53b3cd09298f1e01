import { smoothChoice, type Turns } from '../lib/smooth-choice.ts'
import type { Strategy } from './spec.ts'

export type Candidate = { id: string; weight: number; priority: number }

/**
 * Who serves next among those able, which must not be empty. Only the highest priority present
 * takes part. `round-robin` is the weighted choice with equal weights.
 */
export function select<C extends Candidate>(
  able: readonly C[],
  strategy: Strategy,
  turns: Turns,
): C | undefined {
  const top = Math.max(...able.map(candidate => candidate.priority))
  const tier = able.filter(candidate => candidate.priority === top && candidate.weight > 0)
  if (tier.length <= 1 || strategy === 'fill-first') return tier[0]
  return smoothChoice(
    tier,
    turns,
    ({ id }) => id,
    ({ weight }) => (strategy === 'weighted' ? weight : 1),
  )
}
