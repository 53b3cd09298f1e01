const DURATION_MS: Record<string, number> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}
const SIZE_BYTES: Record<string, number> = {
  B: 1,
  kB: 1_000,
  KB: 1_000,
  MB: 1_000_000,
  GB: 1_000_000_000,
  KiB: 1_024,
  MiB: 1_048_576,
}
const COUNTS: Record<string, number> = { '': 1, k: 1_000, K: 1_000, M: 1_000_000 }

/** `250ms`, `30s`, `5m`, `1h`, `90d`; a bare 0. In milliseconds; undefined: not a duration. */
export function parseDuration(value: unknown): number | undefined {
  if (value === 0) return 0
  return scaled(value, /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/, DURATION_MS)
}

/** `64kB`, `10MB`, or a number of bytes. */
export function parseSize(value: unknown): number | undefined {
  if (typeof value === 'number') return whole(value)
  return scaled(value, /^(\d+(?:\.\d+)?)(B|kB|KB|MB|GB|KiB|MiB)$/, SIZE_BYTES)
}

/** `200k`, `2M`, or a number. */
export function parseCount(value: unknown): number | undefined {
  if (typeof value === 'number') return whole(value)
  return scaled(value, /^(\d+(?:\.\d+)?)(k|K|M|)$/, COUNTS)
}

/** `5 USD`, `$5`, or a number of dollars. Prices are known in no other currency. */
export function parseMoney(value: unknown): number | undefined {
  if (typeof value === 'number') return value >= 0 && Number.isFinite(value) ? value : undefined
  const text = typeof value === 'string' ? value.trim() : ''
  const found = /^(?:\$\s*(\d+(?:\.\d+)?)|(\d+(?:\.\d+)?)\s*USD)$/.exec(text)
  return found ? Number(found[1] ?? found[2]) : undefined
}

function whole(value: number): number | undefined {
  return Number.isInteger(value) && value >= 0 ? value : undefined
}

function scaled(
  value: unknown,
  pattern: RegExp,
  units: Record<string, number>,
): number | undefined {
  const found = typeof value === 'string' ? pattern.exec(value.trim()) : null
  const unit = found && units[found[2] ?? '']
  return found && unit !== undefined && unit !== null
    ? Math.round(Number(found[1]) * unit)
    : undefined
}
