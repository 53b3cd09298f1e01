import { describe, expect, test } from 'bun:test'
import { joined, replaceBytes } from '../../../src/lib/streams/byte-replace.ts'
import { decodeSse, encodeSse, type SseFrame } from '../../../src/lib/streams/sse.ts'
import { processorMsSince } from '../../support/processor-time.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

function decoded(...chunks: Uint8Array[]): SseFrame[] {
  const machine = decodeSse()
  return [...chunks.flatMap(chunk => machine.feed(chunk)), ...machine.end()]
}

describe('SSE messages come out as sent', () => {
  test.each([
    ['unnamed', 'data: a\n\n', [{ data: 'a' }]],
    ['named', 'event: ping\ndata: {}\n\n', [{ event: 'ping', data: '{}' }]],
    ['no space after the colon', 'data:a\n\n', [{ data: 'a' }]],
    ['only one space is taken off', 'data:  a\n\n', [{ data: ' a' }]],
    ['several data lines', 'data: a\ndata: b\n\n', [{ data: 'a\nb' }]],
    [
      'CRLF',
      'event: x\r\ndata: a\r\n\r\ndata: b\r\n\r\n',
      [{ event: 'x', data: 'a' }, { data: 'b' }],
    ],
    ['lone CR', 'data: a\r\rdata: b\r\r', [{ data: 'a' }, { data: 'b' }]],
    ['comments are skipped', ': OPENROUTER PROCESSING\n\ndata: a\n\n', [{ data: 'a' }]],
    ['ids and retries are skipped', 'id: 1\nretry: 5\ndata: a\n\n', [{ data: 'a' }]],
    ['an event without data is none', 'event: x\n\ndata: a\n\n', [{ data: 'a' }]],
    [
      'the last message needs no blank line',
      'data: a\n\ndata: [DONE]',
      [{ data: 'a' }, { data: '[DONE]' }],
    ],
    ['a byte order mark', '\ufeffdata: a\n\n', [{ data: 'a' }]],
  ])('%s', (_, text, expected) => expect(decoded(bytes(text))).toEqual(expected))

  test('cut anywhere, also inside a character or a line ending', () => {
    const whole = bytes(
      ': c\r\n\r\nevent: x\r\ndata: {"t":"héllo 🎉"}\r\n\r\ndata: a\n\ndata: b\ndata: c\n\n',
    )
    const expected = decoded(whole)
    for (let at = 0; at <= whole.length; at++) {
      expect(decoded(whole.subarray(0, at), whole.subarray(at))).toEqual(expected)
    }
    expect(decoded(...[...whole].map(byte => Uint8Array.of(byte)))).toEqual(expected)
  })

  test.each([[{ data: 'a' }], [{ event: 'x', data: 'a\nb' }]])(
    'encoding %j is undone by decoding',
    frame => expect(decoded(bytes(encodeSse(frame)))).toEqual([frame]),
  )
})

test('bytes are replaced wherever the stream is cut', () => {
  const whole = bytes('aab"model":"x"aaab"model":"x""mod')
  const expected = 'aab"model":"yy"aaab"model":"yy""mod'
  for (let at = 0; at <= whole.length; at++) {
    for (let next = at; next <= whole.length; next++) {
      const machine = replaceBytes(bytes('"model":"x"'), bytes('"model":"yy"'))
      const out = [whole.subarray(0, at), whole.subarray(at, next), whole.subarray(next)].map(c =>
        machine.feed(c),
      )
      expect(new TextDecoder().decode(joined([...out, machine.end()]))).toBe(expected)
    }
  }
})

describe('one long message takes work in proportion to its length', () => {
  const limit = { characters: 30_000_000, error: () => new Error('too long') }

  test.each([
    ['in small chunks', 256, 'x'],
    ['in single bytes', 1, 'x'],
    ['of many lines in one chunk', Infinity, 'data: x\n'],
    ['of many lines in small chunks', 256, 'data: x\n'],
  ])('%s', (_, chunkBytes, unit) => {
    const characters = chunkBytes === 1 ? 1_000_000 : 20_000_000
    const whole = bytes(`data: ${unit.repeat(characters / unit.length)}\n\n`)
    const machine = decodeSse(limit)
    const began = process.cpuUsage()
    const frames: SseFrame[] = []
    for (let at = 0; at < whole.length; at += Math.min(chunkBytes, whole.length))
      frames.push(...machine.feed(whole.subarray(at, at + chunkBytes)))
    frames.push(...machine.end())
    // Joining what came to what is there at every chunk takes minutes.
    expect(processorMsSince(began)).toBeLessThan(6_000)
    expect(frames).toHaveLength(1)
  })

  test.each([
    ['a line without end', ['data: ', ...Array.from({ length: 20 }, () => 'x'.repeat(100))]],
    ['a message without end', Array.from({ length: 20 }, () => `data: ${'x'.repeat(100)}\n`)],
    ['a comment without end', [': ', ...Array.from({ length: 20 }, () => 'x'.repeat(100))]],
  ])('%s is refused at the limit', (_, chunks) => {
    const machine = decodeSse({ characters: 1_000, error: () => new Error('too long') })
    expect(() => chunks.flatMap(chunk => machine.feed(bytes(chunk)))).toThrow('too long')
  })

  test('many messages are together longer than one may be', () => {
    const machine = decodeSse({ characters: 100, error: () => new Error('too long') })
    const one = bytes(`event: x\n: comment\ndata: ${'y'.repeat(40)}\ndata: z\n\n`)
    const frames = Array.from({ length: 100 }, () => [
      ...machine.feed(one.subarray(0, 30)),
      ...machine.feed(one.subarray(30)),
    ])
    expect(frames.flat()).toHaveLength(100)
  })
})
