import { describe, expect, test } from 'bun:test'
import type { Message, Part } from '../../../src/conversation/index.ts'
import { toTurns } from '../../../src/conversation/tools/turns.ts'
import { measured } from '../../support/processor-time.ts'

const MANY = 120_000
/** Quadratic work on so many takes minutes; linear work takes a fraction of a second. */
const CAP_MS = 3_000

const text = (words: string): Part => ({ type: 'text', text: words })
const call = (id: string): Part => ({
  type: 'tool-call',
  id,
  name: 'f',
  arguments: '{}',
  runsOn: 'client',
})
const result = (callId: string): Part => ({
  type: 'tool-result',
  callId,
  parts: [text('ok')],
  failed: false,
  runsOn: 'client',
})
const user = (parts: Part[]): Message => ({ role: 'user', parts })
const assistant = (parts: Part[]): Message => ({ role: 'assistant', parts })
const many = <Item>(make: (index: number) => Item): Item[] =>
  Array.from({ length: MANY }, (_, index) => make(index))

describe('many items take linear work', () => {
  test.each([
    [
      'parallel calls and their results in one message',
      () => [
        user([text('x')]),
        assistant(many(index => call(`t${index}`))),
        user(many(index => result(`t${MANY - 1 - index}`))),
      ],
      MANY,
    ],
    [
      'parallel calls and a message for each result',
      () => [
        user([text('x')]),
        assistant(many(index => call(`t${index}`))),
        ...many(index => user([result(`t${index}`)])),
      ],
      MANY,
    ],
    ['messages of one role', () => many(index => user([text(`${index}`)])), MANY],
    ['results without a call', () => many(index => user([result(`t${index}`)])), 2 * MANY],
    [
      'messages of the assistant',
      () => [user([text('x')]), ...many(index => assistant([text(`${index}`)])), user([text('x')])],
      1,
    ],
  ])('%s', (_, messages, partsInLast) => {
    const conversation = messages()
    const { result: turns, processorMs } = measured(() => toTurns(conversation))
    expect(processorMs).toBeLessThan(CAP_MS)
    expect(turns.at(-1)?.parts).toHaveLength(partsInLast)
  })
})

test('merging messages leaves those of the conversation as they were', () => {
  const first = user([text('a')])
  const second = user([text('b')])
  expect(toTurns([first, second])).toEqual([user([text('a'), text('b')])])
  expect([first, second]).toEqual([user([text('a')]), user([text('b')])])
})
