import type { AffinityTarget } from '../../credentials/affinity.ts'
import { smoothChoice, type Turns } from '../../lib/smooth-choice.ts'
import type { Step, Target } from '../../routing/table.ts'
import { targetName } from '../../routing/target-name.ts'
import type { Latencies } from './latency.ts'

/**
 * The members of a step in the order in which this request tries them: whose turn it is first,
 * then the others as they stand. `turns` keeps the scores between requests (and reloads). A
 * conversation goes first to the target of its affinity.
 */
export function inOrder(
  step: Step,
  turns: Map<string, Turns>,
  preferred: AffinityTarget | undefined,
  latencies: Latencies,
): readonly Target[] {
  const { members } = step
  if (members.length <= 1) return members
  const own = members.findIndex(
    ({ provider, model }) => provider.id === preferred?.provider && model === preferred.model,
  )
  if (own !== -1) return [...members.slice(own), ...members.slice(0, own)]
  if (step.strategy === 'fill-first') return members
  if (step.strategy === 'least-latency') return quickestFirst(members, latencies)
  const first = nextTurn(step, turns)
  return [...members.slice(first), ...members.slice(0, first)]
}

/** Targets without a recent measurement come first: without a request there would never be one. */
function quickestFirst(members: readonly Target[], latencies: Latencies): Target[] {
  const expected = (target: Target): number => latencies.expected(targetName(target)) ?? -1
  return [...members].sort((a, b) => expected(a) - expected(b))
}

const MAX_STEPS = 4_096

/** Members are known by their place: the same target may stand in a step twice. */
function nextTurn({ id, strategy, members }: Step, turns: Map<string, Turns>): number {
  let scores = turns.get(id)
  if (!scores || scores.size > members.length) {
    // Names of models come and go with the file: what is kept of each must stay bounded.
    if (turns.size >= MAX_STEPS) turns.clear()
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
