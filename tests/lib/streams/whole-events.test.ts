import { describe, expect, test } from 'bun:test'
import { joined } from '../../../src/lib/streams/byte-replace.ts'
import { createWholeEvents } from '../../../src/lib/streams/whole-events.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** The pieces that come out, and what is left in the end. */
function pieces(chunks: readonly Uint8Array[]): { out: string[]; rest: string } {
  const whole = createWholeEvents()
  const out = chunks.map(chunk => decoder.decode(whole.feed(chunk)))
  return { out: out.filter(text => text !== ''), rest: decoder.decode(whole.rest()) }
}

const LINE_ENDS = { LF: '\n', CRLF: '\r\n', CR: '\r' }

describe.each(Object.entries(LINE_ENDS))('lines that end in %s', (_, eol) => {
  const events = ['event: a', 'data: {"a":"ä"}', '', ': comment', '', 'data: 1', 'data: 2', '']
  const text = `${events.join(eol)}${eol}`

  test('wherever the bytes are cut, every piece ends behind an empty line', () => {
    const bytes = encoder.encode(text)
    for (let first = 0; first <= bytes.length; first++)
      for (let second = first; second <= bytes.length; second++) {
        const { out, rest } = pieces([
          bytes.subarray(0, first),
          bytes.subarray(first, second),
          bytes.subarray(second),
        ])
        expect(out.join('') + rest).toBe(text)
        expect(rest).toBe('')
        for (const piece of out) expect(piece.endsWith(eol + eol)).toBe(true)
      }
  })

  test('one byte at a time', () => {
    const { out } = pieces([...encoder.encode(text)].map(byte => new Uint8Array([byte])))
    expect(out).toEqual([
      `event: a${eol}data: {"a":"ä"}${eol}${eol}`,
      `: comment${eol}${eol}`,
      `data: 1${eol}data: 2${eol}${eol}`,
    ])
  })

  test('what no empty line closes is left', () => {
    const { out, rest } = pieces([encoder.encode(`data: 1${eol}${eol}data: {"cu`)])
    expect(out).toEqual([`data: 1${eol}${eol}`])
    expect(rest).toBe('data: {"cu')
  })
})

test('a whole event is handed on as the very bytes that came', () => {
  const chunk = encoder.encode('data: 1\n\n')
  expect(createWholeEvents().feed(chunk)).toBe(chunk)
})

test('what is held is a copy: the chunk may be a view of a buffer that is used again', () => {
  const whole = createWholeEvents()
  const chunk = encoder.encode('data: 1')
  whole.feed(chunk)
  chunk.fill(0)
  expect(decoder.decode(whole.feed(encoder.encode('\n\n')))).toBe('data: 1\n\n')
})

test('an event in a hundred thousand pieces is joined once', () => {
  const whole = createWholeEvents()
  const piece = encoder.encode('xxxxxxxxxx')
  for (let n = 0; n < 100_000; n++) expect(whole.feed(piece).length).toBe(0)
  expect(joined([whole.feed(encoder.encode('\n\n'))]).length).toBe(1_000_002)
}, 20_000)
