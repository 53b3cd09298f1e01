import { describe, expect, test } from 'bun:test'
import {
  adaptTools,
  type ConversationRequest,
  type Part,
  packCapsule,
  type ToolDialect,
  unpackCapsule,
  unpacked,
} from '../../src/conversation/index.ts'
import { decodeInput } from '../../src/conversation/tools/freeform.ts'
import { measured } from '../support/processor-time.ts'

const CAP_MS = 3_000

function timed<Result>(work: () => Result): Result {
  const { result, processorMs } = measured(work)
  // Work that is quadratic takes a minute and more.
  expect(processorMs).toBeLessThan(CAP_MS)
  return result
}

describe('the text of a call that comes in many pieces is decoded in linear time', () => {
  const words = 'line with "quotes", a \\ and 🎉\n'.repeat(30_000)
  test.each([
    ['one character at a time', 1],
    ['some characters at a time', 7],
    ['whole', Infinity],
  ])('%s', (_, size) => {
    const wire = JSON.stringify({ input: words })
    const machine = decodeInput()
    const text = timed(() => {
      let out = ''
      for (let at = 0; at < wire.length; at += Math.min(size, wire.length))
        out += machine.feed(wire.slice(at, at + size)).join('')
      return out + machine.end().join('')
    })
    expect(text).toBe(words)
  })

  test.each([
    ['blanks that never end', ' '],
    ['an object of another form', '{"other":"x'],
  ])('%s', (_, piece) => {
    const machine = decodeInput()
    const pieces = Array.from({ length: 300_000 }, () => piece)
    const text = timed(() =>
      pieces
        .flatMap(text => machine.feed(text))
        .concat(machine.end())
        .join(''),
    )
    expect(text).toBe(pieces.join(''))
  })
})

test('many calls of tools that are spelled otherwise are looked up in linear time', () => {
  const MANY = 20_000
  const dialect: ToolDialect = {
    toolName: { legal: /^[a-zA-Z0-9_-]+$/, illegalCharacter: /[^a-zA-Z0-9_-]/g, maxLength: 64 },
    callId: { legal: /^[a-zA-Z0-9_-]+$/, maxLength: 40 },
    freeform: true,
    namespaces: false,
  }
  const request: ConversationRequest = {
    system: [],
    messages: [],
    tools: Array.from({ length: MANY }, (_, n) => ({
      type: 'function',
      name: `Tool_${n}`,
      parameters: { type: 'object' },
    })),
    toolChoice: { mode: 'auto' },
    sampling: {},
    format: { type: 'text' },
  }
  const parts = Array.from(
    { length: MANY },
    (_, n): Part => ({
      type: 'tool-call',
      id: `call_${n}`,
      name: `tool_${n}`,
      arguments: '{}',
      runsOn: 'client',
    }),
  )
  const response = { id: 'r', model: 'm', parts, stop: { reason: 'end', raw: null }, usage: {} }
  const restored = timed(() =>
    adaptTools(request, dialect).restoreResponse({
      ...response,
      stop: { reason: 'end', raw: null },
    }),
  )
  expect(restored.parts.at(-1)).toMatchObject({ name: `Tool_${MANY - 1}` })
})

test('many capsules behind many texts are put back in linear time', () => {
  const MANY = 60_000
  const text = packCapsule({ parts: [{ type: 'text', text: 'thought' }], ahead: true })
  const capsule = unpackCapsule(text) ?? { parts: [] }
  const texts = Array.from({ length: MANY }, (): Part => ({ type: 'text', text: 'said' }))
  const carriers = Array.from({ length: MANY }, () => ({ type: 'carrier' as const, capsule }))
  const parts = timed(() => unpacked([...texts, ...carriers]))
  expect(parts).toHaveLength(2 * MANY)
  expect(parts[0]).toEqual({ type: 'text', text: 'thought' })
})
