import type { Diagnostic } from '../../routing/diagnostic.ts'

/** More than are read at a time: a file of 20 MB can hold a hundred thousand mistakes. */
export const MAX_DIAGNOSTICS = 10_000

/** The first ones in file order; where there are `more`, the last one says how many are left out. */
export function limited(diagnostics: readonly Diagnostic[], more = 0): Diagnostic[] {
  const sorted = [...diagnostics].sort((a, b) => a.at.line - b.at.line || a.at.column - b.at.column)
  const kept = sorted.slice(0, MAX_DIAGNOSTICS)
  const left = more + sorted.length - kept.length
  const last = kept.at(-1)
  if (left === 0 || !last) return kept
  const failed = sorted.some(({ severity }) => severity === 'error')
  kept.push({
    severity: failed ? 'error' : 'warning',
    path: '',
    message: `there is more of this: ${left} further findings are left out`,
    hint: 'mend the ones above, then check again',
    at: last.at,
  })
  return kept
}
