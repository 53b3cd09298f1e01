import { describe, expect, test } from 'bun:test'
import { collect, replay, type StreamEvent, type Usage } from '../../src/conversation/index.ts'
import { decodeSse } from '../../src/lib/streams/sse.ts'
import { codecs } from '../../src/protocols/index.ts'
import { exchanges } from '../support/exchanges.ts'

const ASKED = {
  model: 'asked',
  id: 'id',
  atMs: 0,
  extensions: { 'openai-chat': { stream_options: { include_usage: true } } },
}

/** A count that was not told is written as 0, since clients add the numbers up. */
function counts({ fresh = 0, cacheRead = 0, cacheWrite = 0, output = 0 }: Usage) {
  return { fresh, cacheRead, cacheWrite, output }
}

/** Neighbouring text is one text: how it was cut up is not part of what was said. */
function joined(events: StreamEvent[]): unknown {
  const failed = events.find(event => event.type === 'error')
  if (failed) return { error: failed.error.message }
  const { parts, stop, usage } = collect(events)
  return { parts, stop, usage: counts(usage) }
}

/** Reasoning told in the open, without a seal: its words come again, as a summary. */
const OPEN_REASONING = 'lmstudio-open-responses-lmstudio-tool-call-2-d7bd22ab'

function textsOf(events: StreamEvent[]): unknown {
  return collect(events).parts.map(part => ('text' in part ? [part.type, part.text] : part.type))
}

describe('laws of every codec over every stream', () => {
  for (const codec of codecs) {
    for (const { id, sse } of exchanges(codec.protocol)) {
      if (sse === undefined) continue
      const bytes = new TextEncoder().encode(sse)
      const decoded = (...chunks: Uint8Array[]): StreamEvent[] => {
        const frames = decodeSse()
        const events = codec.decodeStream('up')
        const out = chunks.flatMap(chunk => frames.feed(chunk)).flatMap(frame => events.feed(frame))
        return [...out, ...frames.end().flatMap(frame => events.feed(frame)), ...events.end()]
      }

      test(`${id}: cut anywhere, nothing changes`, () => {
        const whole = joined(decoded(bytes))
        // Every byte of what is small enough; large ones in strides that meet every kind of place.
        const stride = Math.max(1, Math.floor(bytes.length / 120))
        for (let at = 0; at <= bytes.length; at += stride) {
          expect(joined(decoded(bytes.subarray(0, at), bytes.subarray(at)))).toEqual(whole)
        }
      })

      test(`${id}: encoded and decoded again, it says the same`, () => {
        const first = decoded(bytes)
        const machine = codec.encodeStream(ASKED)
        const frames = [...first.flatMap(event => machine.feed(event)), ...machine.end()]
        const events = codec.decodeStream('up')
        const again = [...frames.flatMap(frame => events.feed(frame)), ...events.end()]
        if (id === OPEN_REASONING) expect(textsOf(again)).toEqual(textsOf(first))
        else expect(joined(again)).toEqual(joined(first))
      })

      test(`${id}: truncated, it is never a quiet success`, () => {
        for (const share of [0.2, 0.5, 0.8]) {
          const events = decoded(bytes.subarray(0, Math.floor(bytes.length * share)))
          const last = events[events.length - 1]
          expect(['error', 'response-end']).toContain(last?.type ?? 'none')
          if (last?.type === 'response-end') expect(last.stop.raw).not.toBeNull()
        }
      })
    }

    for (const { id, response, status } of exchanges(codec.protocol)) {
      if (
        !response ||
        Array.isArray(response) ||
        status !== 200 ||
        response.error ||
        id.includes('count-tokens')
      )
        continue
      test(`${id}: a reply and the stream of it are the same`, () => {
        const whole = codec.decodeResponse(response, 'up')
        const { parts, stop } = collect(replay(whole))
        expect({ parts, stop }).toEqual({ parts: whole.parts, stop: whole.stop })
      })

      test(`${id}: encoded again, it is the same reply`, () => {
        const again = codec.decodeResponse(
          codec.encodeResponse(codec.decodeResponse(response, 'up'), ASKED),
          'up',
        )
        const first = codec.decodeResponse(response, 'up')
        expect({ parts: again.parts, stop: again.stop, usage: counts(again.usage) }).toEqual({
          parts: first.parts,
          stop: first.stop,
          usage: counts(first.usage),
        })
      })
    }
  }
})
