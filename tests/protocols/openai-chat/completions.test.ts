import { describe, expect, test } from 'bun:test'
import { replay } from '../../../src/conversation/index.ts'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import { completions, openaiChat } from '../../../src/protocols/openai-chat/index.ts'

const decode = (body: JsonObject) =>
  completions.decodeRequest({ model: 'm', ...body }, { model: 'm', stream: false })
const reply = {
  id: 'r',
  model: 'served',
  parts: [
    { type: 'thinking' as const, text: 'hm' },
    { type: 'text' as const, text: 'hi' },
  ],
  stop: { reason: 'end', raw: 'stop' } as const,
  usage: { fresh: 1, output: 2 },
}
const ASKED = { model: 'asked', id: 'id', atMs: 1_000 }

describe('a prompt is one user message', () => {
  test.each([
    ['a string', 'say'],
    ['a list of one', ['say']],
  ])('%s', (_, prompt) => {
    const request = decode({ prompt, max_tokens: 5, stop: 'x', user: 'u' })
    const { body } = openaiChat.encodeRequest(request, {
      model: 'm',
      stream: true,
      issuer: 'up',
      quirks: {},
    }).wire
    expect(body).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'say' }],
      max_tokens: 5,
      stop: 'x',
      user: 'u',
      stream: true,
      stream_options: { include_usage: true },
    })
  })

  test.each([
    ['several', ['a', 'b']],
    ['tokens', [1, 2]],
    ['lists of tokens', [[1], [2]]],
    ['none', null],
  ])('%s: refused, with a way out', (_, prompt) =>
    expect(() => decode({ prompt })).toThrow('several requests'),
  )

  test('what cannot be served is a loss and is not sent', () => {
    const request = decode({ prompt: 'say', suffix: 'end', logprobs: 3 })
    const { wire, losses } = openaiChat.encodeRequest(request, {
      model: 'm',
      stream: false,
      issuer: 'up',
      quirks: {},
    })
    expect(losses.map(({ path }) => path)).toEqual(['suffix', 'logprobs'])
    expect(Object.keys(wire.body)).toEqual(['model', 'messages'])
  })
})

describe('the answer is its text', () => {
  test('whole', () => {
    expect(completions.encodeResponse(reply, ASKED)).toMatchObject({
      id: 'cmpl-id',
      object: 'text_completion',
      model: 'asked',
      choices: [{ text: 'hi', index: 0, logprobs: null, finish_reason: 'stop' }],
      usage: { prompt_tokens: 1, completion_tokens: 2 },
    })
  })

  test('streamed, behind the prompt where that was asked for', () => {
    const { extensions } = decode({ prompt: 'say ', echo: true })
    const machine = completions.encodeStream({ ...ASKED, ...(extensions ? { extensions } : {}) })
    const frames = [...[...replay(reply)].flatMap(event => machine.feed(event)), ...machine.end()]
    expect(frames.at(-1)).toEqual({ data: '[DONE]' })
    const choices = frames
      .slice(0, -1)
      .flatMap(({ data }) => (JSON.parse(data) as { choices: JsonObject[] }).choices)
    expect(choices.map(choice => choice.text)).toEqual(['say ', 'hi', ''])
    expect(choices.map(choice => choice.finish_reason)).toEqual([null, null, 'stop'])
  })
})

test('models are listed as OpenAI lists them', () => {
  const model = { id: 'm', ownedBy: 'openai', createdAtMs: 2_500, contextTokens: 100 }
  expect(openaiChat.encodeModels([model])).toEqual({
    object: 'list',
    data: [{ id: 'm', object: 'model', created: 2, owned_by: 'openai', context_length: 100 }],
  })
})

test.each([
  'session_id',
  'session-id',
  'x-session-id',
  'x-session-affinity',
  'x-client-request-id',
])('the session is read from %s', name => {
  const body = new TextEncoder().encode('{"model":"m","stream":true}')
  const inbound = {
    params: {},
    headers: new Headers({ [name]: 's' }),
    body,
    signal: AbortSignal.timeout(1),
  }
  expect(openaiChat.peek(inbound)).toMatchObject({ model: 'm', stream: true, session: 's' })
})
