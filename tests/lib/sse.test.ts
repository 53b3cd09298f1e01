import { describe, expect, test } from 'bun:test'
import { joined, replaceBytes } from '../../src/lib/byte-replace.ts'
import { decodeSse, encodeSse, type SseFrame } from '../../src/lib/sse.ts'

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
