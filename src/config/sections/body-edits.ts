import type { JsonValue } from '../../lib/json/json.ts'
import type { JsonEdit } from '../../lib/json/json-edit.ts'
import type { Path } from '../../lib/path.ts'
import type { Report } from '../diagnostics/report.ts'
import type { EditsEntry } from '../schema/routes.ts'

/** What only the routes may say: the model is spliced in, the stream decides how we answer. */
const NOT_EDITED = new Set(['model', 'stream'])

/** Edits in the order in which they are made: defaults, settings, removals. */
export function readEdits(written: EditsEntry, path: Path, report: Report): JsonEdit[] {
  const edits: JsonEdit[] = []
  for (const kind of ['default', 'set'] as const)
    for (const [at, value] of Object.entries(written[kind] ?? {})) {
      const steps = stepsOf(at, [...path, kind, at], 'key', report)
      if (steps) edits.push({ kind, path: steps, value: value as JsonValue })
    }
  const removed = written.remove ?? []
  for (const [index, at] of (Array.isArray(removed) ? removed : [removed]).entries()) {
    const where = Array.isArray(removed) ? [...path, 'remove', index] : [...path, 'remove']
    const steps = stepsOf(at, where, 'value', report)
    if (steps) edits.push({ kind: 'remove', path: steps })
  }
  return edits
}

/** `a.b[0].c`; `\.` is a dot in a name. */
function stepsOf(
  at: string,
  path: Path,
  of: 'key' | 'value',
  report: Report,
): string[] | undefined {
  const steps = at
    .replace(/\[(\d+)\]/g, '.$1')
    .split(/(?<!\\)\./)
    .map(step => step.replaceAll('\\.', '.'))
  if (steps.some(step => step === '')) {
    report.error(
      path,
      `"${at}" is no path`,
      'write it like reasoning.effort or messages[0].role',
      of,
    )
    return undefined
  }
  if (steps.length === 1 && NOT_EDITED.has(steps[0] ?? '')) {
    report.error(
      path,
      `"${at}" cannot be edited here`,
      'models and force say which model is asked',
      of,
    )
    return undefined
  }
  return steps
}
