import { describe, expect, test } from 'bun:test'
import type { Part, StreamEvent } from '../../../src/conversation/index.ts'
import { GatewayError } from '../../../src/lib/errors.ts'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import { encodeStream } from '../../../src/protocols/openai-responses/stream/encode.ts'
import { list, object } from '../../support/readers/seen.ts'

/** The output of the failed response after parts that were all told but the last was left open. */
function failedOutput(...parts: Part[]): JsonObject[] {
  const machine = encodeStream({ model: 'm', id: 'req_1', atMs: 0 })
  const events: StreamEvent[] = [{ type: 'response-start', id: 'r', model: 'm' }]
  for (const [index, part] of parts.entries()) {
    const empty = 'text' in part ? { ...part, text: '' } : part
    events.push({ type: 'part-start', index, part: empty })
    if ('text' in part) events.push({ type: 'part-delta', index, delta: { text: part.text } })
    if (index < parts.length - 1) events.push({ type: 'part-end', index })
  }
  events.push({ type: 'error', error: new GatewayError('upstream-failed', 'broken') })
  const last = events.flatMap(event => machine.feed(event)).at(-1)
  const wire = JSON.parse(last?.data ?? '') as JsonObject
  expect(wire.type).toBe('response.failed')
  return list(object(wire.response).output)
}

const call: Part = { type: 'tool-call', id: 'c', name: 'f', arguments: '{"a', runsOn: 'client' }

describe('a failed response holds what was said', () => {
  test('of a message that was not done', () => {
    expect(failedOutput({ type: 'text', text: 'half an ans' })).toMatchObject([
      { type: 'message', status: 'incomplete', content: [{ text: 'half an ans' }] },
    ])
  })

  test('of a thought that was not done', () => {
    expect(failedOutput({ type: 'thinking', text: 'hm' })).toMatchObject([
      { type: 'reasoning', status: 'incomplete', summary: [{ text: 'hm' }] },
    ])
  })

  test('but no call that was not done', () => {
    expect(failedOutput({ type: 'text', text: 'first' }, call)).toMatchObject([
      { type: 'message', status: 'completed', content: [{ text: 'first' }] },
    ])
  })

  test('and nothing where nothing was', () => {
    expect(failedOutput()).toEqual([])
  })
})
