import type { ProtocolId, Seal } from '../conversation/index.ts'
import { codecs } from './index.ts'

/**
 * Finds seals (signatures, encrypted reasoning) in wire bytes without parsing them, and names each
 * by a fingerprint. A fingerprint is the hash of a seal's first characters: the same seal has the
 * same one in a reply, in the next request, and decoded.
 */
export type Fingerprint = bigint

/** The members whose string is a seal, by protocol; spelled as JSON keys. */
const MEMBERS = new Map<ProtocolId, readonly Buffer[]>(
  codecs.map(({ protocol, sealMembers }) => [
    protocol,
    sealMembers.map(name => Buffer.from(`"${name}"`)),
  ]),
)

/** `data` is a seal only in these; elsewhere it is a picture. */
const SEALED_DATA = ['redacted_thinking', 'reasoning.encrypted'].map(text => Buffer.from(text))
const DATA = Buffer.from('"data"')
const DATA_REACH = 64

/** Sealed texts differ long before this; Google's JSON escapes only their last `=`. */
const MAX_CHARACTERS = 256
const MIN_CHARACTERS = 6
/** A key, its colon and the characters that count. */
const SEAM_BYTES = 512
const NOTHING = Buffer.alloc(0)
const LF = 0x0a

/** The fingerprint of a decoded seal; undefined: it is too short, or of another form. */
export function fingerprintOf(seal: Seal): Fingerprint | undefined {
  if (!seal.value.startsWith('{')) return fingerprint(Buffer.from(seal.value))
  // Responses keeps its whole item as the seal.
  return scanSeals(Buffer.from(seal.value), seal.protocol)[0]
}

/** The fingerprints of all seals in a whole body. */
export function scanSeals(body: Uint8Array, protocol: ProtocolId): Fingerprint[] {
  const found: Fingerprint[] = []
  scan(Buffer.from(body.buffer, body.byteOffset, body.length), protocol, print => found.push(print))
  return found
}

/** Finds seals in a stream, however it is cut; those at a seam may be named twice. */
export function createSealScanner(
  protocol: ProtocolId,
  note: (found: Fingerprint) => void,
): (chunk: Uint8Array) => void {
  let tail = NOTHING
  return chunk => {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    scan(bytes, protocol, note)
    const seam = tail.length > 0 ? Buffer.concat([tail, bytes.subarray(0, SEAM_BYTES)]) : bytes
    if (tail.length > 0) scan(seam, protocol, note)
    // Most chunks are whole events, and no seal goes on behind the end of one.
    if (bytes.at(-1) === LF && bytes.at(-2) === LF) tail = NOTHING
    // A copy: a view would keep the whole chunk in memory.
    else tail = Buffer.from((bytes.length >= SEAM_BYTES ? bytes : seam).subarray(-SEAM_BYTES))
  }
}

function scan(bytes: Buffer, protocol: ProtocolId, note: (found: Fingerprint) => void): void {
  for (const member of MEMBERS.get(protocol) ?? []) {
    for (let at = bytes.indexOf(member); at !== -1; at = bytes.indexOf(member, at + 1)) {
      if (member.equals(DATA) && !isSealedData(bytes, at)) continue
      const found = valueAt(bytes, at + member.length)
      if (found !== undefined) note(found)
    }
  }
}

function isSealedData(bytes: Buffer, at: number): boolean {
  const before = bytes.subarray(Math.max(0, at - DATA_REACH), at)
  return SEALED_DATA.some(type => before.includes(type))
}

const QUOTE = 0x22
const COLON = 0x3a
const BACKSLASH = 0x5c
const EQUALS = 0x3d
const isBlank = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09

/** The fingerprint of the string behind a key; undefined: it is no string, or cut off here. */
function valueAt(bytes: Buffer, from: number): Fingerprint | undefined {
  let at = from
  while (isBlank(bytes[at])) at++
  if (bytes[at] !== COLON) return undefined
  at++
  while (isBlank(bytes[at])) at++
  if (bytes[at] !== QUOTE) return undefined
  const value = bytes.subarray(at + 1, at + 1 + MAX_CHARACTERS)
  const complete = value.length === MAX_CHARACTERS || value.includes(QUOTE)
  return complete ? fingerprint(value) : undefined
}

function fingerprint(value: Buffer): Fingerprint | undefined {
  const limit = Math.min(value.length, MAX_CHARACTERS)
  let end = 0
  while (end < limit && value[end] !== QUOTE && value[end] !== EQUALS && value[end] !== BACKSLASH)
    end++
  if (end < MIN_CHARACTERS) return undefined
  const hash = Bun.hash(value.subarray(0, end))
  return typeof hash === 'bigint' ? hash : BigInt(hash)
}
