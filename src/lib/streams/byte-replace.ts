const { copy, indexOf } = Buffer.prototype

/**
 * Replaces a byte sequence in a stream of chunks, also where it is split between them. Bytes that
 * may be the sequence's beginning wait for the next chunk; nothing else does. One allocation a
 * chunk and no views: this runs for every event of a renamed stream.
 */
export type ByteReplacer = { feed(chunk: Uint8Array): Uint8Array; end(): Uint8Array }

const NOTHING = new Uint8Array(0)

export function replaceBytes(from: Uint8Array, to: Uint8Array): ByteReplacer {
  let held = NOTHING
  return {
    feed(chunk) {
      const bytes = held.length === 0 ? chunk : joined([held, chunk])
      const places: number[] = []
      let after = 0
      for (let at = find(bytes, from, 0); at !== -1; at = find(bytes, from, after)) {
        places.push(at)
        after = at + from.length
      }
      const keep = beginning(bytes, after, from)
      held = keep === 0 ? NOTHING : bytes.slice(bytes.length - keep)
      if (places.length === 0) return keep === 0 ? bytes : bytes.subarray(0, bytes.length - keep)
      return rewritten(bytes, bytes.length - keep, places, from.length, to)
    },
    end() {
      const rest = held
      held = NOTHING
      return rest
    },
  }
}

function find(bytes: Uint8Array, sequence: Uint8Array, from: number): number {
  return indexOf.call(bytes, sequence, from)
}

function rewritten(
  bytes: Uint8Array,
  end: number,
  places: readonly number[],
  length: number,
  to: Uint8Array,
): Uint8Array {
  const out = new Uint8Array(end + places.length * (to.length - length))
  let read = 0
  let write = 0
  for (const at of places) {
    copy.call(bytes, out, write, read, at)
    write += at - read
    out.set(to, write)
    write += to.length
    read = at + length
  }
  copy.call(bytes, out, write, read, end)
  return out
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
  // Nearly every chunk ends in a line break, which no JSON member holds.
  if (sequence.indexOf(bytes[bytes.length - 1] ?? 0) === -1) return 0
  const most = Math.min(sequence.length - 1, bytes.length - after)
  for (let length = most; length > 0; length--) {
    let same = 0
    while (same < length && bytes[bytes.length - length + same] === sequence[same]) same++
    if (same === length) return length
  }
  return 0
}
