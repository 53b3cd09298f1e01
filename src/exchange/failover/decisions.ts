import type { Target } from '../../routing/table.ts'
import { targetName } from '../../routing/target-name.ts'
import type { Decision } from '../events.ts'
import type { Exchange } from '../request.ts'

/** Rounds say the same again. */
const MAX_DECISIONS = 100

/** Records what became of a candidate, for the list of recent requests. */
export function recordDecision(
  { decisions }: Exchange,
  target: Target,
  decision: Pick<Decision, 'verdict' | 'credential' | 'reason'> & { line?: number | undefined },
): void {
  if (decisions.length >= MAX_DECISIONS) return
  const last = decisions.at(-1)
  const name = targetName(target)
  if (last?.target === name && last.reason === decision.reason && last.verdict !== 'failed') return
  decisions.push({ target: name, ...decision, line: decision.line ?? target.at.line })
}
