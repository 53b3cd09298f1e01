import type { Machine } from './machine.ts'

/**
 * Replaces a byte sequence in a stream of chunks, also where it is split between them. Bytes that
 * may be the sequence's beginning wait for the next chunk; nothing else does.
 */
export function replaceBytes(from: Uint8Array, to: Uint8Array): Machine<Uint8Array, Uint8Array> {
  let held: Uint8Array = new Uint8Array(0)
  return {
    feed(chunk) {
      const bytes = held.length === 0 ? chunk : joined([held, chunk])
      const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      const out: Uint8Array[] = []
      let at = 0
      for (;;) {
        const found = buffer.indexOf(from, at)
        if (found === -1) break
        if (found > at) out.push(bytes.subarray(at, found))
        out.push(to)
        at = found + from.length
      }
      const keep = beginning(bytes, at, from)
      held = bytes.subarray(bytes.length - keep)
      if (bytes.length - keep > at) out.push(bytes.subarray(at, bytes.length - keep))
      return out
    },
    end() {
      const rest = held
      held = new Uint8Array(0)
      return rest.length === 0 ? [] : [rest]
    },
  }
}

export function joined(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0
  for (const chunk of chunks) length += chunk.length
  const out = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    out.set(chunk, at)
    at += chunk.length
  }
  return out
}

/** How many bytes at the end are a proper beginning of the sequence. */
function beginning(bytes: Uint8Array, after: number, sequence: Uint8Array): number {
  const most = Math.min(sequence.length - 1, bytes.length - after)
  for (let length = most; length > 0; length--) {
    let same = 0
    while (same < length && bytes[bytes.length - length + same] === sequence[same]) same++
    if (same === length) return length
  }
  return 0
}
