import type { JsonValue } from '../../lib/json/json.ts'

/**
 * The name of an enum's value. Some clients ask for numbers (`enum-encoding=int`, as Google's
 * generated REST libraries do) and send them too; a number beyond the names is kept as its digits.
 */
export function enumName(
  value: JsonValue | undefined,
  names: readonly string[],
): string | undefined {
  if (typeof value === 'number') return names[value] ?? String(value)
  return typeof value === 'string' && value !== '' ? value.toUpperCase() : undefined
}
