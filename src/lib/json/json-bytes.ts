/**
 * Reads and edits JSON as bytes, so that what is not named stays as the client wrote it:
 * `JSON.stringify(JSON.parse(x))` changes number spellings and key order, and with them prompt
 * caches and signatures.
 */

import type { JsonValue } from './json.ts'

type Range = readonly [start: number, end: number]
export type Member = {
  /** The decoded key. */
  key: string
  /** Where its name begins, quote included. */
  from: number
  /** The value's bytes, quotes included for a string. */
  value: Range
}

/** Why bytes are not the JSON object they should be. `at` is a byte offset. */
export class JsonBytesError extends Error {
  readonly at: number
  constructor(message: string, at: number) {
    super(`${message} at byte ${at}`)
    this.name = 'JsonBytesError'
    this.at = at
  }
}

/** Deeper than any real request; a parser that recurses would fall over much later. */
const MAX_DEPTH = 512

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const COLON = 0x3a
const COMMA = 0x2c
/** A string longer than this is searched for its end natively, which pays from here on. */
const LONG_STRING = 48

/**
 * Checks that the bytes are one JSON object and gives its top-level members, in order.
 * The whole text is checked (one pass, nothing is built); numbers and words are checked by shape.
 * Throws `JsonBytesError`. UTF-8 is not checked here.
 */
export function scanObject(bytes: Uint8Array): Member[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const members: Member[] = []
  let at = skipSpace(bytes, 0)
  if (bytes[at] !== OPEN_BRACE) throw new JsonBytesError('expected a JSON object', at)
  at = skipSpace(bytes, at + 1)
  if (bytes[at] === CLOSE_BRACE) return ended(bytes, at + 1, members)
  for (;;) {
    if (bytes[at] !== QUOTE) throw new JsonBytesError('expected a member name', at)
    const from = at
    const keyEnd = skipString(bytes, buffer, at)
    const key = decodeString(buffer, at, keyEnd)
    at = skipSpace(bytes, keyEnd)
    if (bytes[at] !== COLON) throw new JsonBytesError('expected ":"', at)
    const start = skipSpace(bytes, at + 1)
    const end = skipValue(bytes, buffer, start)
    members.push({ key, from, value: [start, end] })
    at = skipSpace(bytes, end)
    if (bytes[at] === COMMA) {
      at = skipSpace(bytes, at + 1)
      continue
    }
    if (bytes[at] === CLOSE_BRACE) return ended(bytes, at + 1, members)
    const what = at >= bytes.length ? 'the JSON ends in the middle' : 'expected "," or "}"'
    throw new JsonBytesError(what, at)
  }
}

/** How many brackets are open at once at most, outside strings. The bytes need not be JSON. */
export function depthOf(bytes: Uint8Array): number {
  let depth = 0
  let deepest = 0
  let inString = false
  for (let at = 0; at < bytes.length; at++) {
    const c = bytes[at]
    if (inString) {
      if (c === BACKSLASH) at++
      else if (c === QUOTE) inString = false
    } else if (c === QUOTE) inString = true
    else if (c === OPEN_BRACE || c === OPEN_BRACKET) deepest = Math.max(deepest, ++depth)
    else if (c === CLOSE_BRACE || c === CLOSE_BRACKET) depth--
  }
  return deepest
}

/** Replaces ranges, given in ascending order, by new bytes; everything else is copied. */
export function splice(
  bytes: Uint8Array,
  edits: readonly { at: Range; with: Uint8Array }[],
): Uint8Array<ArrayBuffer> {
  let length = bytes.length
  for (const edit of edits) length += edit.with.length - (edit.at[1] - edit.at[0])
  const out = new Uint8Array(length)
  const { copy } = Buffer.prototype
  let read = 0
  let write = 0
  for (const edit of edits) {
    copy.call(bytes, out, write, read, edit.at[0])
    write += edit.at[0] - read
    out.set(edit.with, write)
    write += edit.with.length
    read = edit.at[1]
  }
  copy.call(bytes, out, write, read, bytes.length)
  return out
}

/** The decoded text of a JSON string at `start`..`end`, quotes included in the range. */
export function decodeString(buffer: Buffer, start: number, end: number): string {
  const raw = buffer.toString('utf8', start + 1, end - 1)
  if (!raw.includes('\\')) return raw
  return String(parseJson(buffer, [start, end]))
}

/**
 * The value that UTF-8 bytes, or a range of them, spell. Throws `JsonBytesError` with the offset,
 * also for what `scanObject` lets through: it reads no escapes and jumps over long strings.
 */
export function parseJson(bytes: Uint8Array, [start, end]: Range = [0, bytes.length]): JsonValue {
  try {
    return JSON.parse(decoder.decode(bytes.subarray(start, end))) as JsonValue
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw faultInStrings(bytes, start, end) ?? new JsonBytesError('expected JSON', start)
  }
}

const decoder = new TextDecoder()

/** What may follow a backslash; `u` wants four hexadecimal digits besides. */
const ESCAPES: ReadonlySet<number> = new Set([...'"\\/bfnrtu'].map(c => c.charCodeAt(0)))
const SMALL_U = 0x75

/** The first fault inside the strings of a text whose structure is sound. */
function faultInStrings(bytes: Uint8Array, start: number, end: number): JsonBytesError | undefined {
  let inString = false
  for (let at = start; at < end; at++) {
    const c = bytes[at] ?? 0
    if (c === QUOTE) inString = !inString
    else if (!inString) continue
    else if (c < 0x20) return new JsonBytesError('a control character in a string', at)
    else if (c === BACKSLASH) {
      if (!isEscape(bytes, at)) return new JsonBytesError('a broken escape in a string', at)
      at++
    }
  }
  return undefined
}

function isEscape(bytes: Uint8Array, backslash: number): boolean {
  const kind = bytes[backslash + 1] ?? 0
  if (kind !== SMALL_U) return ESCAPES.has(kind)
  for (let at = backslash + 2; at < backslash + 6; at++) if (!isHexDigit(bytes[at])) return false
  return true
}

function isHexDigit(c = 0): boolean {
  const lower = c | 0x20
  return (c >= 0x30 && c <= 0x39) || (lower >= 0x61 && lower <= 0x66)
}

function ended(bytes: Uint8Array, at: number, members: Member[]): Member[] {
  const rest = skipSpace(bytes, at)
  if (rest < bytes.length) throw new JsonBytesError('text after the JSON object', rest)
  return members
}

function skipSpace(bytes: Uint8Array, from: number): number {
  let at = from
  for (;;) {
    const c = bytes[at]
    if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return at
    at++
  }
}

/**
 * `start` is at the opening quote; gives the offset behind the closing one. Stretches are walked
 * here and jumped natively by turns: a jump costs as much as some 60 steps, so text full of quotes
 * is walked further before the next one.
 */
function skipString(bytes: Uint8Array, buffer: Buffer, start: number): number {
  let at = start + 1
  let stretch = LONG_STRING
  for (;;) {
    const near = at + stretch
    while (at < near) {
      const c = bytes[at]
      if (c === QUOTE) return at + 1
      if (c === BACKSLASH) at++
      else if (c === undefined) throw new JsonBytesError('a string that never ends', start)
      else if (c < 0x20) throw new JsonBytesError('a control character in a string', at)
      at++
    }
    const quote = buffer.indexOf(QUOTE, at)
    if (quote === -1) throw new JsonBytesError('a string that never ends', start)
    if (!isEscaped(bytes, quote, at)) return quote + 1
    stretch = quote - at < 4 * LONG_STRING ? Math.min(2 * stretch, 4_096) : LONG_STRING
    at = quote + 1
  }
}

/** Whether an odd number of backslashes stands before the offset, none of them before `from`. */
function isEscaped(bytes: Uint8Array, offset: number, from: number): boolean {
  let before = offset - 1
  while (before >= from && bytes[before] === BACKSLASH) before--
  return ((offset - before) & 1) === 0
}

/** Skips one value of any kind; containers by a loop over a stack of bits, not by recursion. */
function skipValue(bytes: Uint8Array, buffer: Buffer, start: number): number {
  const first = bytes[start]
  if (first === QUOTE) return skipString(bytes, buffer, start)
  if (first !== OPEN_BRACE && first !== OPEN_BRACKET) return skipScalar(bytes, start)
  return skipContainer(bytes, buffer, start)
}

function skipContainer(bytes: Uint8Array, buffer: Buffer, start: number): number {
  const objects: boolean[] = []
  let at = start
  /** True: a value (or, in an object, a member) must come next. */
  let wanting = true
  let fresh = false
  for (;;) {
    at = skipSpace(bytes, at)
    const c = bytes[at]
    if (c === undefined) throw new JsonBytesError('the JSON ends in the middle', at)
    const inObject = objects[objects.length - 1]
    if (c === CLOSE_BRACE || c === CLOSE_BRACKET) {
      if ((wanting && !fresh) || inObject !== (c === CLOSE_BRACE)) {
        throw new JsonBytesError(`unexpected "${String.fromCharCode(c)}"`, at)
      }
      objects.pop()
      at++
      if (objects.length === 0) return at
      wanting = false
      fresh = false
      continue
    }
    if (!wanting) {
      if (c !== COMMA) throw new JsonBytesError('expected "," or a closing bracket', at)
      at++
      wanting = true
      continue
    }
    if (inObject) {
      if (c !== QUOTE) throw new JsonBytesError('expected a member name', at)
      at = skipSpace(bytes, skipString(bytes, buffer, at))
      if (bytes[at] !== COLON) throw new JsonBytesError('expected ":"', at)
      at = skipSpace(bytes, at + 1)
    }
    const value = bytes[at]
    if (value === OPEN_BRACE || value === OPEN_BRACKET) {
      if (objects.length >= MAX_DEPTH)
        throw new JsonBytesError(`nested deeper than ${MAX_DEPTH}`, at)
      objects.push(value === OPEN_BRACE)
      at++
      wanting = true
      fresh = true
      continue
    }
    at = value === QUOTE ? skipString(bytes, buffer, at) : skipScalar(bytes, at)
    wanting = false
    fresh = false
  }
}

/** A number, `true`, `false` or `null`. */
function skipScalar(bytes: Uint8Array, start: number): number {
  switch (bytes[start]) {
    case 0x74:
      return skipWord(bytes, start, TRUE)
    case 0x66:
      return skipWord(bytes, start, FALSE)
    case 0x6e:
      return skipWord(bytes, start, NULL)
    default:
      return skipNumber(bytes, start)
  }
}

const TRUE = new TextEncoder().encode('true')
const FALSE = new TextEncoder().encode('false')
const NULL = new TextEncoder().encode('null')

function skipWord(bytes: Uint8Array, start: number, word: Uint8Array): number {
  for (let at = 0; at < word.length; at++) {
    if (bytes[start + at] !== word[at]) throw noValue(bytes, start + at)
  }
  return start + word.length
}

/** `-1.5e3`: no leading zeros, a digit on both sides of the point. */
function skipNumber(bytes: Uint8Array, start: number): number {
  let at = bytes[start] === 0x2d ? start + 1 : start
  at = bytes[at] === 0x30 ? at + 1 : skipDigits(bytes, at)
  if (bytes[at] === 0x2e) at = skipDigits(bytes, at + 1)
  if (bytes[at] === 0x65 || bytes[at] === 0x45) {
    const sign = bytes[at + 1]
    at = skipDigits(bytes, sign === 0x2b || sign === 0x2d ? at + 2 : at + 1)
  }
  return at
}

function skipDigits(bytes: Uint8Array, start: number): number {
  let at = start
  for (let c = bytes[at]; c !== undefined && c >= 0x30 && c <= 0x39; c = bytes[++at]);
  if (at === start) throw noValue(bytes, at)
  return at
}

function noValue(bytes: Uint8Array, at: number): JsonBytesError {
  return new JsonBytesError(
    at >= bytes.length ? 'the JSON ends in the middle' : 'expected a value',
    at,
  )
}
