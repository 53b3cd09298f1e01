import { isObject, type JsonObject, type JsonValue } from '../../../lib/json/json.ts'

/** What a reference into its own document points at; undefined: elsewhere, or nothing. */
export function resolvePointer(root: JsonObject, ref: string): JsonObject | undefined {
  if (ref === '#') return root
  if (!ref.startsWith('#/')) return undefined
  let at: JsonValue | undefined = root
  for (const step of ref.slice(2).split('/')) {
    at = memberAt(at, decodeStep(step))
    if (at === undefined) return undefined
  }
  return isObject(at) ? at : undefined
}

function memberAt(value: JsonValue, step: string): JsonValue | undefined {
  if (Array.isArray(value)) return /^\d{1,6}$/.test(step) ? value[Number(step)] : undefined
  return isObject(value) && Object.hasOwn(value, step) ? value[step] : undefined
}

/** A step with a broken escape (`%`) is read as it stands. */
function decodeStep(step: string): string {
  let plain = step
  try {
    plain = decodeURIComponent(step)
  } catch {
    // Not an escape: the name has a percent sign in it.
  }
  return plain.replaceAll('~1', '/').replaceAll('~0', '~')
}

/** The last step of a reference, as a person would call it. */
export function nameOf(ref: string): string {
  return ref.slice(ref.lastIndexOf('/') + 1).slice(0, 100)
}
