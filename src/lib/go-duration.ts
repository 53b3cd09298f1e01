const UNIT_MS: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 }
const PART = /(\d+(?:\.\d+)?)(h|ms|m|s)/g
/** Tested first: on a text that fits, looking for its parts is linear. */
const WHOLE = new RegExp(`^(?:${PART.source})+$`)

/**
 * A duration as Go programs write it (`90s`, `1h30m`, `20ms`), in milliseconds; undefined: it is none.
 * @see https://pkg.go.dev/time#ParseDuration
 */
export function goDurationMs(written: string): number | undefined {
  const text = written.trim()
  if (!WHOLE.test(text)) return undefined
  return [...text.matchAll(PART)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (UNIT_MS[unit ?? ''] ?? 0),
    0,
  )
}
