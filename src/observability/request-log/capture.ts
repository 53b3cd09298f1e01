/** The first bytes of what passes by, copied: a chunk is a view of something far larger. */
export interface Capture {
  add(piece: Uint8Array | string): void
  readonly bytes: Uint8Array
  /** How many there were in all. */
  readonly total: number
  /** How much memory it took. */
  readonly held: number
}

/** `grow` is asked for room before more is taken, in bytes; false: what follows is only counted. */
export function createCapture(limit: number, grow: (bytes: number) => boolean): Capture {
  let kept = Buffer.alloc(0)
  let length = 0
  let total = 0
  let full = false

  function makeRoom(needed: number): void {
    if (needed <= kept.length) return
    const size = Math.min(limit, Math.max(needed, 2 * kept.length, 4_096))
    if (!grow(size - kept.length)) {
      full = true
      return
    }
    const larger = Buffer.alloc(size)
    kept.copy(larger, 0, 0, length)
    kept = larger
  }

  return {
    add(piece) {
      const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece
      total += bytes.length
      if (full) return
      makeRoom(Math.min(limit, length + bytes.length))
      const taken = Math.min(bytes.length, kept.length - length)
      kept.set(bytes.subarray(0, taken), length)
      length += taken
      full ||= taken < bytes.length
    },
    get bytes() {
      return kept.subarray(0, length)
    },
    get total() {
      return total
    },
    get held() {
      return kept.length
    },
  }
}
