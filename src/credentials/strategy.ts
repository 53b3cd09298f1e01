import { smoothChoice, type Turns } from '../lib/smooth-choice.ts'
import type { Strategy } from './credential.ts'

export type Candidate = { id: string; weight: number; priority: number }

/**
 * Who serves next among those able. Only the highest priority present takes part, and none whose
 * weight is 0. `round-robin` is the weighted choice with equal weights.
 */
export function select<C extends Candidate>(
  able: readonly C[],
  strategy: Strategy,
  turns: Turns,
): C | undefined {
  const serving = able.filter(candidate => candidate.weight > 0)
  const top = Math.max(...serving.map(candidate => candidate.priority))
  const tier = serving.filter(candidate => candidate.priority === top)
  if (tier.length <= 1 || strategy === 'fill-first') return tier[0]
  return smoothChoice(
    tier,
    turns,
    ({ id }) => id,
    ({ weight }) => (strategy === 'weighted' ? weight : 1),
  )
}
