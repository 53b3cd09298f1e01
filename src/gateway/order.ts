import type { Step, Target } from '../config/table.ts'
import { smoothChoice, type Turns } from '../lib/smooth-choice.ts'

/**
 * The members of a step in the order in which this request tries them: whose turn it is first,
 * then the others as they stand. `turns` keeps the scores between requests (and reloads).
 */
export function inOrder(step: Step, turns: Map<string, Turns>): readonly Target[] {
  const { members } = step
  if (members.length <= 1 || step.strategy === 'fill-first') return members
  const first = nextTurn(step, turns)
  return [...members.slice(first), ...members.slice(0, first)]
}

/** Members are known by their place: the same target may stand in a step twice. */
function nextTurn({ id, strategy, members }: Step, turns: Map<string, Turns>): number {
  let scores = turns.get(id)
  if (!scores || scores.size > members.length) {
    scores = new Map()
    turns.set(id, scores)
  }
  const places = members.map((member, place) => ({ member, place }))
  const chosen = smoothChoice(
    places,
    scores,
    ({ place }) => String(place),
    ({ member }) => (strategy === 'weighted' ? member.weight : 1),
  )
  return chosen?.place ?? 0
}
