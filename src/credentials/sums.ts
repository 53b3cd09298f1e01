/** A number that several processes add to. */
export type Sum = {
  /** As it was after this process last wrote it: counts where the file was lost since. */
  known: number
  /** What could not be written yet. */
  unwritten: number
  /** What requests that run here have reserved. */
  reserved: number
}

export const DAY_MS = 86_400_000

/** The sums of all keys, by name: `2026-01-31` for tokens, `2026-01-31 usd` for money. */
export class Sums {
  private readonly sums = new Map<string, Sum>()

  /** Those before yesterday are forgotten: a request may end on the day after it began. */
  of(key: string, name: string, nowMs: number): Sum {
    const id = `${name}\t${key}`
    const known = this.sums.get(id)
    if (known) return known
    const yesterday = dayOf(nowMs - DAY_MS)
    for (const other of this.sums.keys()) if (other < yesterday) this.sums.delete(other)
    const sum = { known: 0, unwritten: 0, reserved: 0 }
    this.sums.set(id, sum)
    return sum
  }
}

/** Days are those of UTC. */
export function dayOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10)
}

export function usdOf(day: string): string {
  return `${day} usd`
}

/** `text`: what is written; undefined: nothing, or it could not be read. */
export function totalOf({ known, unwritten }: Sum, text: string | undefined): number {
  const written = text === undefined ? known : Number(text)
  return (Number.isFinite(written) ? written : known) + unwritten
}
