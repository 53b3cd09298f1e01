import { joined } from './byte-replace.ts'

const NOTHING = new Uint8Array(0)
const LF = 0x0a
const EMPTY_LINES = ['\n\n', '\n\r\n', '\r\r']
/** As much of an empty line as may stand on one side of a cut between two chunks. */
const EDGE_BYTES = 2

/**
 * The bytes of an SSE stream, cut only behind empty lines: the beginning of an event is held back until
 * the rest of it has come. Something else can then be written between any two pieces, and an event
 * that a lost connection left unfinished never reaches the client. No byte is changed. Linear.
 */
export function createWholeEvents() {
  let held: Uint8Array[] = []
  return {
    /** As much as is whole, in one piece; perhaps nothing. */
    feed(chunk: Uint8Array): Uint8Array {
      const end = lastEventEnd(chunk) || straddlingEnd(held, chunk)
      if (end === chunk.length && held.length === 0) return chunk
      const events = end === 0 ? NOTHING : joined([...held, chunk.subarray(0, end)])
      if (end > 0) held = []
      // A copy: the chunk is a view of a far larger buffer.
      if (end < chunk.length) held.push(new Uint8Array(chunk.subarray(end)))
      return events
    },
    /** What no empty line has closed. */
    rest: (): Uint8Array => joined(held),
  }
}

/** Where the last empty line ends; 0: there is none. */
function lastEventEnd(bytes: Uint8Array): number {
  const { length } = bytes
  // Most chunks are whole events.
  if (bytes[length - 1] === LF && bytes[length - 2] === LF) return length
  const { lastIndexOf } = Buffer.prototype
  let end = 0
  for (const line of EMPTY_LINES) {
    const at = lastIndexOf.call(bytes, line)
    if (at !== -1) end = Math.max(end, at + line.length)
  }
  return end
}

/** Where an empty line ends that began in what is held; 0: none does. */
function straddlingEnd(held: readonly Uint8Array[], chunk: Uint8Array): number {
  if (held.length === 0) return 0
  const edge = joined(held.slice(-EDGE_BYTES)).slice(-EDGE_BYTES)
  const seam = joined([edge, chunk.subarray(0, EDGE_BYTES)])
  return Math.max(0, lastEventEnd(seam) - edge.length)
}
