import type { Target } from '../../routing/table.ts'
import type { Decision, Progress } from '../progress.ts'

/** Rounds say the same again. */
const MAX_DECISIONS = 100

/** Records what became of a candidate, for the list of recent requests. */
export function recordDecision(
  { decisions }: Pick<Progress, 'decisions'>,
  target: Target,
  decision: Omit<Decision, 'target' | 'line'> & { line?: number | undefined },
): void {
  if (decisions.length >= MAX_DECISIONS) return
  const last = decisions.at(-1)
  const name = `${target.provider.id}/${target.model}`
  if (last?.target === name && last.reason === decision.reason && last.verdict !== 'failed') return
  decisions.push({ target: name, ...decision, line: decision.line ?? target.at.line })
}
