import type { Step, Target } from '../config/table.ts'

/**
 * The members of a step in the order in which this request tries them: whose turn it is first,
 * then the others as they stand. `turns` keeps the scores between requests (and reloads).
 */
export function inOrder(step: Step, turns: Map<string, number[]>): readonly Target[] {
  const { members } = step
  if (members.length <= 1 || step.strategy === 'fill-first') return members
  const first = nextTurn(step, turns)
  return [...members.slice(first), ...members.slice(0, first)]
}

/** Smooth weighted choice: fair at any moment, and round robin when all weights are equal. */
function nextTurn(step: Step, turns: Map<string, number[]>): number {
  const weights = step.members.map(member => (step.strategy === 'weighted' ? member.weight : 1))
  let scores = turns.get(step.id)
  if (scores?.length !== weights.length) {
    scores = weights.map(() => 0)
    turns.set(step.id, scores)
  }
  let best = 0
  let sum = 0
  for (const [index, weight] of weights.entries()) {
    const score = (scores[index] ?? 0) + weight
    scores[index] = score
    sum += weight
    if (score > (scores[best] ?? 0)) best = index
  }
  scores[best] = (scores[best] ?? 0) - sum
  return best
}
