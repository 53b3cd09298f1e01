import type { JsonEdit } from '../lib/json/json-edit.ts'

/** The nearer ones win: of defaults the first that is made, of settings the last. */
export function layered(
  nearer: readonly JsonEdit[],
  general: readonly JsonEdit[],
): readonly JsonEdit[] {
  if (general.length === 0) return nearer
  const editsOf = (edits: readonly JsonEdit[], kind: JsonEdit['kind']): JsonEdit[] =>
    edits.filter(edit => edit.kind === kind)
  return [
    ...editsOf(nearer, 'default'),
    ...editsOf(general, 'default'),
    ...editsOf(general, 'set'),
    ...editsOf(nearer, 'set'),
    ...editsOf([...general, ...nearer], 'remove'),
  ]
}
