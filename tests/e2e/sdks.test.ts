import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'
import { type Running, start } from '../support/binary.ts'

/**
 * The official clients through the running gateway. `echo` speaks every protocol natively; the
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
  chat: { kind: openai-compatible, base-url: "${plain.url}/v1", keys: [ k ], discover: false }
  messages: { kind: anthropic-compatible, base-url: "${plain.url}", keys: [ k ], discover: false }
  responses: { kind: openai-responses-compatible, base-url: "${plain.url}/v1", keys: [ k ], discover: false }
  gemini: { kind: gemini, base-url: "${plain.url}", keys: [ k ], models: [] }
models:
  on-chat: chat/echo
  on-messages: messages/echo
  on-responses: responses/echo
  on-gemini: gemini/echo
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

for (const model of ['on-chat', 'on-messages', 'on-responses', 'on-gemini']) {
  describe(`openai responses onto ${model}`, () => {
    const client = () => new OpenAI({ baseURL: `${front.url}/v1`, apiKey: KEY, maxRetries: 0 })
    const tools: OpenAI.Responses.Tool[] = [
      { type: 'function', name: 'weather', parameters: WEATHER, strict: false },
    ]

    test('a text, whole', async () => {
      const reply = await client().responses.create({ model, input: '[[say héllo 🎉]]' })
      expect(reply.output_text).toBe('héllo 🎉')
      expect(reply.status).toBe('completed')
      expect(reply.model).toBe(model)
      expect(reply.usage?.input_tokens).toBeGreaterThan(0)
    })

    test('calls streamed, their results by previous_response_id', async () => {
      const final = await client()
        .responses.stream({
          model,
          tools,
          input: '[[call weather {"city":"Oslo"}]] [[call weather {"city":"Rome"}]]',
        })
        .finalResponse()
      const calls = final.output.filter(item => item.type === 'function_call')
      expect(calls.map(call => call.arguments)).toEqual(['{"city":"Oslo"}', '{"city":"Rome"}'])
      const next = await client().responses.create({
        model,
        tools,
        previous_response_id: final.id,
        input: calls.map(({ call_id }, index) => ({
          type: 'function_call_output',
          call_id,
          output: `${index} degrees`,
        })),
      })
      // The provider is another gateway here, which knows what it told its own clients.
      expect(next.output_text).toBe('The tool answered: 0 degrees\n1 degrees')
    })

    test('an error is its error', async () => {
      const failure = await client()
        .responses.create({ model, input: '[[fail 400 not like that]]' })
        .catch((error: unknown) => error)
      expect(failure).toBeInstanceOf(OpenAI.BadRequestError)
      expect(String(failure)).toContain('not like that')
    })
  })

  describe(`@google/genai onto ${model}`, () => {
    const client = () => new GoogleGenAI({ apiKey: KEY, httpOptions: { baseUrl: front.url } })
    const tools = [{ functionDeclarations: [{ name: 'weather', parametersJsonSchema: WEATHER }] }]

    test('a text, whole', async () => {
      const reply = await client().models.generateContent({ model, contents: '[[say héllo 🎉]]' })
      expect(reply.text).toBe('héllo 🎉')
      expect(reply.candidates?.[0]?.finishReason).toBe('STOP' as never)
      expect(reply.usageMetadata?.promptTokenCount).toBeGreaterThan(0)
    })

    test('calls streamed, and their results', async () => {
      const question = '[[call weather {"city":"Oslo"}]] [[call weather {"city":"Rome"}]]'
      const stream = await client().models.generateContentStream({
        model,
        contents: question,
        config: { tools },
      })
      const calls: { id?: string; name?: string; args?: Record<string, unknown> }[] = []
      for await (const chunk of stream) calls.push(...(chunk.functionCalls ?? []))
      expect(calls.map(({ args }) => args)).toEqual([{ city: 'Oslo' }, { city: 'Rome' }])
      const next = await client().models.generateContent({
        model,
        config: { tools },
        contents: [
          { role: 'user', parts: [{ text: question }] },
          { role: 'model', parts: calls.map(functionCall => ({ functionCall })) },
          {
            role: 'user',
            parts: calls.map(({ id = '', name = '' }, index) => ({
              functionResponse: { id, name, response: { output: `${index} degrees` } },
            })),
          },
        ],
      })
      expect(next.text).toBe('The tool answered: 0 degrees\n1 degrees')
    })

    test('tokens, models and errors', async () => {
      const counted = await client().models.countTokens({ model, contents: 'hello there' })
      expect(counted.totalTokens).toBeGreaterThan(1)
      const names: string[] = []
      for await (const one of await client().models.list()) names.push(one.name ?? '')
      expect(names).toContain(`models/${model}`)
      const failure = await client()
        .models.generateContent({ model, contents: '[[fail 400 not like that]]' })
        .catch((error: unknown) => error)
      expect(failure).toMatchObject({ status: 400 })
      expect(String(failure)).toContain('not like that')
    })
  })

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
  const names = ['on-chat', 'on-messages', 'on-responses', 'on-gemini']
  expect(openai.data.map(({ id }) => id)).toEqual(names)
  const anthropic = await new Anthropic({ baseURL: front.url, apiKey: KEY }).models.list()
  expect(anthropic.data.map(({ id }) => id)).toEqual(names)
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
