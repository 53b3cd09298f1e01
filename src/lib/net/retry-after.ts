/** Longer than any vendor's window: a broken clock or a broken header. */
const MAX_MS = 8 * 86_400_000

/** `retry-after-ms`, or `Retry-After` in seconds or as a date; absurd values are ignored. */
export function parseRetryAfter(headers: Headers, nowMs: number): number | undefined {
  const ms = headers.get('retry-after-ms')
  if (ms !== null && ms.trim() !== '') return sane(Number(ms))
  const value = headers.get('retry-after')?.trim()
  if (!value) return undefined
  if (/^\d+(\.\d+)?$/.test(value)) return sane(Number(value) * 1000)
  return sane(Date.parse(value) - nowMs)
}

function sane(ms: number): number | undefined {
  return ms >= 0 && ms <= MAX_MS ? ms : undefined
}

const UNIT_MS: Record<string, number> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 }
const AMOUNT =
  '(\\d+(?:\\.\\d+)?)\\s*(ms|milliseconds?|[dhms]|days?|hours?|min(?:ute)?s?|sec(?:ond)?s?)(?![a-z])'
const WAIT = new RegExp(`try again in\\s*((?:${AMOUNT}[\\s,]*)+)`, 'i')

/** How long an error's words ask to wait: "Please try again in 1m2.5s". */
export function waitIn(words: string): number | undefined {
  const wait = WAIT.exec(words)?.[1]
  if (wait === undefined) return undefined
  let total = 0
  for (const [, amount, unit = ''] of wait.matchAll(new RegExp(AMOUNT, 'gi'))) {
    const word = unit.toLowerCase()
    total += Number(amount) * (UNIT_MS[/^(ms|mil)/.test(word) ? 'ms' : word.charAt(0)] ?? 0)
  }
  return sane(total)
}
