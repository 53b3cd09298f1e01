import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { type Running, start } from '../support/binary.ts'

/**
 * The official clients through the running gateway. `echo` speaks both protocols natively; the
 * routes `other-*` go through a second gateway in front of it, so that translation happens too.
 */
let plain: Running
let front: Running
const KEY = 'test-key-of-the-sdks'

beforeAll(async () => {
  plain = await start('version: 1\nproviders: { echo: { kind: echo } }\nlogging: { level: warn }\n')
  front = await start(`
version: 1
providers:
  chat: { kind: openai-compatible, base-url: "${plain.url}/v1", keys: [ k ] }
  messages: { kind: anthropic-compatible, base-url: "${plain.url}", keys: [ k ] }
models:
  on-chat: chat/echo
  on-messages: messages/echo
api-keys: [ "${KEY}" ]
logging: { level: warn }
`)
})
afterAll(async () => {
  await front?.stop()
  await plain?.stop()
})

const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEklEQVR4nGP4z8CAFWEXHbQSACj/P8Fu7N9hAAAAAElFTkSuQmCC'
const WEATHER = {
  type: 'object' as const,
  properties: { city: { type: 'string' } },
  required: ['city'],
}

for (const model of ['on-chat', 'on-messages']) {
  describe(`openai onto ${model}`, () => {
    const client = () => new OpenAI({ baseURL: `${front.url}/v1`, apiKey: KEY, maxRetries: 0 })
    const tools: OpenAI.ChatCompletionTool[] = [
      { type: 'function', function: { name: 'weather', parameters: WEATHER } },
    ]

    test('a text, whole', async () => {
      const reply = await client().chat.completions.create({
        model,
        messages: [{ role: 'user', content: '[[say héllo 🎉]]' }],
      })
      expect(reply.choices[0]?.message.content).toBe('héllo 🎉')
      expect(reply.choices[0]?.finish_reason).toBe('stop')
      expect(reply.model).toBe(model)
      expect(reply.usage?.prompt_tokens).toBeGreaterThan(0)
    })

    test('a text, streamed, with usage', async () => {
      const stream = client().chat.completions.stream({
        model,
        stream_options: { include_usage: true },
        messages: [{ role: 'user', content: '[[repeat 50 word]]' }],
      })
      const final = await stream.finalChatCompletion()
      expect(final.choices[0]?.message.content).toBe(Array(50).fill('word').join(' '))
      expect(final.model).toBe(model)
      expect(final.usage?.completion_tokens).toBeGreaterThan(0)
    })

    test('two tool calls and their results, streamed', async () => {
      const messages: OpenAI.ChatCompletionMessageParam[] = [
        {
          role: 'user',
          content: '[[call weather {"city":"Oslo"}]] [[call weather {"city":"Rome"}]]',
        },
      ]
      const final = await client()
        .chat.completions.stream({ model, tools, messages })
        .finalChatCompletion()
      const message = final.choices[0]?.message
      const calls = message?.tool_calls ?? []
      expect(final.choices[0]?.finish_reason).toBe('tool_calls')
      expect(calls.map(call => (call.type === 'function' ? call.function.arguments : ''))).toEqual([
        '{"city":"Oslo"}',
        '{"city":"Rome"}',
      ])
      const results = calls.map(
        (call, index): OpenAI.ChatCompletionMessageParam => ({
          role: 'tool',
          tool_call_id: call.id,
          content: `${index} degrees`,
        }),
      )
      const next = await client().chat.completions.create({
        model,
        tools,
        messages: [...messages, ...(message ? [message] : []), ...results],
      })
      expect(next.choices[0]?.message.content).toBe('The tool answered: 0 degrees\n1 degrees')
    })

    test('an image is taken', async () => {
      const content: OpenAI.ChatCompletionContentPart[] = [
        { type: 'text', text: '[[say seen]]' },
        { type: 'image_url', image_url: { url: `data:image/png;base64,${PIXEL}` } },
      ]
      const reply = await client().chat.completions.create({
        model,
        messages: [{ role: 'user', content }],
      })
      expect(reply.choices[0]?.message.content).toBe('seen')
    })

    test('an upstream error is the error of this SDK', async () => {
      const failed = await client()
        .chat.completions.create({
          model,
          messages: [{ role: 'user', content: '[[fail 400 no such thing]]' }],
        })
        .catch((error: unknown) => error)
      expect(failed).toBeInstanceOf(OpenAI.BadRequestError)
      expect(String(failed)).toContain('no such thing')
    })
  })

  describe(`anthropic onto ${model}`, () => {
    const client = () => new Anthropic({ baseURL: front.url, apiKey: KEY, maxRetries: 0 })
    const tools: Anthropic.Tool[] = [{ name: 'weather', input_schema: WEATHER }]

    test('a text, whole', async () => {
      const reply = await client().messages.create({
        model,
        max_tokens: 100,
        messages: [{ role: 'user', content: '[[say héllo 🎉]]' }],
      })
      expect(reply.content).toEqual([expect.objectContaining({ type: 'text', text: 'héllo 🎉' })])
      expect(reply.stop_reason).toBe('end_turn')
      expect(reply.model).toBe(model)
      expect(reply.usage.input_tokens).toBeGreaterThan(0)
    })

    test('thinking and text, streamed', async () => {
      const stream = client().messages.stream({
        model,
        max_tokens: 100,
        messages: [{ role: 'user', content: '[[think hm]] [[repeat 50 word]]' }],
      })
      const final = await stream.finalMessage()
      const text = final.content.map(block => (block.type === 'text' ? block.text : '')).join('')
      expect(text).toBe(Array(50).fill('word').join(' '))
      expect(final.content[0]).toEqual(
        expect.objectContaining({ type: 'thinking', thinking: 'hm' }),
      )
      expect(final.model).toBe(model)
    })

    test('two tool calls and their results, streamed', async () => {
      const messages: Anthropic.MessageParam[] = [
        { role: 'user', content: '[[call weather {"city":"Oslo"}]] [[call weather {}]]' },
      ]
      const final = await client()
        .messages.stream({ model, max_tokens: 100, tools, messages })
        .finalMessage()
      const calls = final.content.filter(block => block.type === 'tool_use')
      expect(final.stop_reason).toBe('tool_use')
      expect(calls.map(call => call.input)).toEqual([{ city: 'Oslo' }, {}])
      const results = calls.map(
        (call, index): Anthropic.ToolResultBlockParam => ({
          type: 'tool_result',
          tool_use_id: call.id,
          content: `${index} degrees`,
        }),
      )
      const next = await client().messages.create({
        model,
        max_tokens: 100,
        tools,
        messages: [
          ...messages,
          { role: 'assistant', content: final.content },
          { role: 'user', content: results },
        ],
      })
      expect(next.content[0]).toEqual(
        expect.objectContaining({ text: 'The tool answered: 0 degrees\n1 degrees' }),
      )
    })

    test('an image in a tool result is taken', async () => {
      const reply = await client().messages.create({
        model,
        max_tokens: 100,
        tools,
        messages: [
          { role: 'user', content: 'look' },
          {
            role: 'assistant',
            content: [
              { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Oslo' } },
            ],
          },
          {
            role: 'user',
            content: [
              {
                type: 'tool_result',
                tool_use_id: 'toolu_1',
                content: [
                  {
                    type: 'image',
                    source: { type: 'base64', media_type: 'image/png', data: PIXEL },
                  },
                ],
              },
              { type: 'text', text: '[[say seen]]' },
            ],
          },
        ],
      })
      expect(reply.content[0]).toEqual(expect.objectContaining({ text: 'seen' }))
    })

    test('tokens are counted', async () => {
      const count = await client().messages.countTokens({
        model,
        tools,
        messages: [{ role: 'user', content: 'one two three' }],
      })
      expect(count.input_tokens).toBeGreaterThan(10)
    })

    test('an upstream error is the error of this SDK', async () => {
      const failed = await client()
        .messages.create({
          model,
          max_tokens: 9,
          messages: [{ role: 'user', content: '[[fail 400 no such thing]]' }],
        })
        .catch((error: unknown) => error)
      expect(failed).toBeInstanceOf(Anthropic.BadRequestError)
      expect(String(failed)).toContain('no such thing')
    })
  })
}

test('both SDKs list the models in their own shape', async () => {
  const openai = await new OpenAI({ baseURL: `${front.url}/v1`, apiKey: KEY }).models.list()
  expect(openai.data.map(({ id }) => id)).toEqual(['on-chat', 'on-messages'])
  const anthropic = await new Anthropic({ baseURL: front.url, apiKey: KEY }).models.list()
  expect(anthropic.data.map(({ id }) => id)).toEqual(['on-chat', 'on-messages'])
  expect(
    (await new OpenAI({ baseURL: `${front.url}/v1`, apiKey: KEY }).models.retrieve('on-chat')).id,
  ).toBe('on-chat')
})

test('a wrong key is refused in the protocol of the client', async () => {
  const anthropic = new Anthropic({ baseURL: front.url, apiKey: 'wrong', maxRetries: 0 })
  const openai = new OpenAI({ baseURL: `${front.url}/v1`, apiKey: 'wrong', maxRetries: 0 })
  const refused = await anthropic.messages
    .create({ model: 'on-chat', max_tokens: 9, messages: [{ role: 'user', content: 'x' }] })
    .catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(Anthropic.AuthenticationError)
  expect(await openai.models.list().catch((error: unknown) => error)).toBeInstanceOf(
    OpenAI.AuthenticationError,
  )
})
