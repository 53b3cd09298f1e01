import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../src/lib/json/json.ts'
import { readJson, readStream, type Seen, type Wire } from '../support/read-reply.ts'
import { corpus, type Recorded, sharedMissing } from '../support/shared.ts'

const WIRES: Wire[] = ['anthropic', 'openai-chat', 'openai-responses', 'gemini']

/** Recorded replies with nothing for a client to read, and why. */
const SILENT: Record<string, string> = {
  'azure-opentelemetry-instrumentation-openai-azure-chat-content-61b6df05':
    'the content filter took the whole message',
  'openai-background-mode-with-tool-vcr-7809ce01': 'queued in the background, nothing made yet',
  'openai-openai-image-generation-tool-1-0037725c': 'an image and an empty text',
  'openai-openai-responses-image-generation-jpeg-b8cda460': 'an image and an empty text',
  'openai-openai-v2-tool-image-5a6c1e7a': 'the text is empty',
  'openai-refusal-openai-responses-handles-refusal-for-call-52f30e3c':
    'all tokens went into reasoning that is not shown',
  'google-google-model-max-tokens-thinking-model-empty-response-1b0b32a9':
    'all tokens went into thoughts that are not shown',
  'google-speech-basic-functionality-gemini-gemini-2-5-flash-preview-tts-11b067da':
    'speech, no text',
}

const original = (wire: Wire, { sse, response }: Recorded): Seen =>
  sse === undefined ? readJson(wire, response ?? {}) : readStream(wire, sse)

describe.skipIf(sharedMissing)('every recorded reply says something', () => {
  for (const wire of WIRES) {
    for (const exchange of corpus(wire).filter(({ op }) => op === 'generate')) {
      test(`${wire}: ${exchange.id}`, () => {
        const { text, thinking, calls, error } = original(wire, exchange)
        const silent = !text && !thinking && calls.length === 0 && !error
        expect(silent).toBe(exchange.id in SILENT)
      })
    }
  }
})

const NONE = { input: 0, cached: 0, output: 0 }
const sse = (...payloads: JsonObject[]): string =>
  payloads.map(payload => `data: ${JSON.stringify(payload)}\n\n`).join('')

describe('Responses are read as a client reads them', () => {
  const item = { type: 'message', content: [{ type: 'output_text', text: 'whole' }] }
  const added = { type: 'response.output_item.added', output_index: 0, item: { type: 'message' } }
  const delta = {
    type: 'response.output_text.delta',
    output_index: 0,
    content_index: 0,
    delta: 'wh',
  }
  const completed = {
    type: 'response.completed',
    response: {
      status: 'completed',
      output: [],
      usage: {
        input_tokens: 9,
        input_tokens_details: { cached_tokens: 4 },
        output_tokens: 3,
        output_tokens_details: { reasoning_tokens: 1 },
      },
    },
  }

  test('a done item has the last word', () => {
    const done = { type: 'response.output_item.done', output_index: 0, item }
    expect(readStream('openai-responses', sse(added, delta, done, completed))).toEqual({
      text: 'whole',
      thinking: '',
      calls: [],
      stop: 'end',
      usage: { input: 9, cached: 4, output: 3 },
    })
  })

  test('a stream that was cut shows how far it came', () => {
    const seen = readStream('openai-responses', sse(added, delta))
    expect(seen).toMatchObject({ text: 'wh', stop: null })
  })

  test('summary and raw reasoning are thinking, a refusal is text', () => {
    const output = [
      {
        type: 'reasoning',
        summary: [{ type: 'summary_text', text: 'a' }],
        content: [{ type: 'reasoning_text', text: 'b' }],
      },
      { type: 'message', content: [{ type: 'refusal', refusal: 'no' }] },
    ]
    const seen = readJson('openai-responses', { status: 'completed', output })
    expect(seen).toEqual({ text: 'no', thinking: 'ab', calls: [], stop: 'end', usage: NONE })
  })

  test('the input of a custom tool stays text, arguments are JSON', () => {
    const output = [
      { type: 'custom_tool_call', name: 'patch', input: '{}' },
      { type: 'function_call', name: 'list', arguments: '{"all":true}' },
    ]
    const seen = readJson('openai-responses', { status: 'completed', output })
    expect(seen.calls).toEqual([
      { name: 'patch', arguments: '{}' },
      { name: 'list', arguments: { all: true } },
    ])
    expect(seen.stop).toBe('tools')
  })

  test.each([
    ['an error event', { type: 'error', message: 'too much' }],
    ['an error event that wraps', { type: 'error', error: { message: 'too much' } }],
    [
      'a failed response',
      {
        type: 'response.failed',
        response: { status: 'failed', error: { code: 'server_error', message: 'too much' } },
      },
    ],
  ])('%s is an error', (_, event) => {
    expect(readStream('openai-responses', sse(added, event)).error).toBe('too much')
  })
})

describe('Gemini replies are read as a client reads them', () => {
  const chunks = [
    {
      candidates: [{ content: { parts: [{ text: 'hm', thought: true }], role: 'model' } }],
      usageMetadata: { promptTokenCount: 5 },
    },
    {
      candidates: [
        {
          content: { parts: [{ text: 'yes' }, { functionCall: { name: 'go' } }] },
          finishReason: 'STOP',
        },
      ],
      usageMetadata: {
        promptTokenCount: 5,
        toolUsePromptTokenCount: 2,
        cachedContentTokenCount: 1,
        candidatesTokenCount: 3,
        thoughtsTokenCount: 4,
      },
    },
  ]
  const whole: Seen = {
    text: 'yes',
    thinking: 'hm',
    calls: [{ name: 'go', arguments: {} }],
    stop: 'tools',
    usage: { input: 7, cached: 1, output: 7 },
  }

  test.each([
    ['server-sent events', sse(...chunks)],
    ['a JSON array', JSON.stringify(chunks)],
  ])('%s', (_, text) => expect(readStream('gemini', text)).toEqual(whole))

  test('a blocked prompt is a refusal', () => {
    const body = { promptFeedback: { blockReason: 'SAFETY' } }
    expect(readJson('gemini', body)).toMatchObject({ text: '', stop: 'refusal' })
  })
})

test('an object as the content of a completion is its JSON text', () => {
  const body = { choices: [{ message: { content: { title: 'x' } }, finish_reason: 'stop' }] }
  expect(readJson('openai-chat', body).text).toBe('{"title":"x"}')
})
