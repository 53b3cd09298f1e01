import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import { list, object } from '../../support/readers/seen.ts'
import { translated } from '../../support/translated.ts'

/** How SDKs write the second turn: [the call's id, the result's id]. */
const STYLES: [string, string | undefined, string | undefined][] = [
  ['both with an id', 'x1', 'x1'],
  ['the call alone (Google’s Python SDK)', 'x1', undefined],
  ['neither', undefined, undefined],
  ['empty ids', '', ''],
  ['an id of the client’s own for the result (Gemini CLI)', undefined, 'weather-1-abc'],
]

function secondTurn(callId: string | undefined, resultId: string | undefined): JsonObject {
  const id = (value: string | undefined) => (value === undefined ? {} : { id: value })
  return {
    contents: [
      { role: 'user', parts: [{ text: 'hi' }] },
      {
        role: 'model',
        parts: [{ functionCall: { ...id(callId), name: 'weather', args: { city: 'Rome' } } }],
      },
      {
        role: 'user',
        parts: [
          { functionResponse: { ...id(resultId), name: 'weather', response: { output: 'sunny' } } },
        ],
      },
    ],
    tools: [{ functionDeclarations: [{ name: 'weather' }] }],
  }
}

describe.each(STYLES)('the second turn of a tool loop, %s', (_, callId, resultId) => {
  test('to Chat', () => {
    const messages = list(
      translated('gemini', 'openai-chat', secondTurn(callId, resultId)).body.messages,
    )
    const called = list(messages[1]?.tool_calls)[0]?.id
    expect(called).toBeString()
    expect(called).not.toBe('')
    expect(messages[2]).toEqual({ role: 'tool', tool_call_id: called ?? null, content: 'sunny' })
    expect(messages).toHaveLength(3)
  })

  test('to Anthropic', () => {
    const messages = list(
      translated('gemini', 'anthropic', secondTurn(callId, resultId)).body.messages,
    )
    const called = list(messages[1]?.content)[0]?.id
    expect(called).toBeString()
    const results = list(messages[2]?.content)
    expect(results).toHaveLength(1)
    expect(results[0]).toMatchObject({ type: 'tool_result', tool_use_id: called })
    expect(JSON.stringify(results)).toContain('sunny')
  })

  test('to Responses', () => {
    const items = list(
      translated('gemini', 'openai-responses', secondTurn(callId, resultId)).body.input,
    )
    const [call, result, ...more] = items.slice(-2)
    expect(call?.type).toBe('function_call')
    expect(result).toMatchObject({
      type: 'function_call_output',
      call_id: call?.call_id,
      output: 'sunny',
    })
    expect(more).toEqual([])
  })
})

describe('an empty id is no id', () => {
  const body = {
    model: 'm',
    messages: [
      { role: 'user', content: 'a' },
      {
        role: 'assistant',
        content: null,
        tool_calls: ['f', 'g'].map(name => ({
          id: '',
          type: 'function',
          function: { name, arguments: '{}' },
        })),
      },
      { role: 'tool', tool_call_id: '', content: 'one' },
      { role: 'tool', tool_call_id: '', content: 'two' },
    ],
    tools: ['f', 'g'].map(name => ({
      type: 'function',
      function: { name, parameters: { type: 'object', properties: {} } },
    })),
  }

  test('in Chat', () => {
    const [, assistant, results] = list(translated('openai-chat', 'anthropic', body).body.messages)
    const ids = list(assistant?.content).map(({ id }) => id)
    expect(new Set(ids).size).toBe(2)
    expect(
      list(results?.content).map(one => [one.tool_use_id, list(one.content)[0]?.text]),
    ).toEqual([
      [ids[0], 'one'],
      [ids[1], 'two'],
    ])
    const contents = list(translated('openai-chat', 'gemini', body).body.contents)
    expect(list(contents[2]?.parts).map(part => object(part.functionResponse))).toMatchObject([
      { name: 'f', response: { output: 'one' } },
      { name: 'g', response: { output: 'two' } },
    ])
  })

  test('also in what goes on to Chat', () => {
    const { messages } = translated('openai-chat', 'openai-chat', body).body
    const [, assistant, ...results] = list(messages)
    const ids = list(assistant?.tool_calls).map(({ id }) => id)
    expect(results.map(one => one.tool_call_id)).toEqual(ids)
  })
})
