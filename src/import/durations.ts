const UNITS_MS = { s: 1_000, m: 60_000, h: 3_600_000 }

/** As routes.yaml writes it: the largest unit that leaves no fraction. */
export function duration(ms: number): string {
  const rounded = Math.max(0, Math.round(ms))
  for (const unit of ['h', 'm', 's'] as const) {
    const count = rounded / UNITS_MS[unit]
    if (rounded > 0 && Number.isInteger(count)) return `${count}${unit}`
  }
  return rounded === 0 ? '0s' : `${rounded}ms`
}

export function seconds(count: number): string {
  return duration(count * 1_000)
}
