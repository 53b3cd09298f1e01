const UNITS_MS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

/** Go's way to write a duration (`90s`, `1h30m`), in milliseconds. Undefined: it is none. */
export function goDurationMs(written: string): number | undefined {
  const parts = [...written.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)]
  if (parts.length === 0 || parts.map(([all]) => all).join('') !== written.trim()) return undefined
  return parts.reduce(
    (sum, [, count, unit]) => sum + Number(count) * (UNITS_MS[unit ?? ''] ?? 0),
    0,
  )
}

/** As routes.yaml writes it: the largest unit that leaves no fraction. */
export function duration(ms: number): string {
  const rounded = Math.max(0, Math.round(ms))
  for (const unit of ['h', 'm', 's'] as const) {
    const count = rounded / (UNITS_MS[unit] ?? 1)
    if (rounded > 0 && Number.isInteger(count)) return `${count}${unit}`
  }
  return rounded === 0 ? '0s' : `${rounded}ms`
}

export function seconds(count: number): string {
  return duration(count * 1_000)
}
