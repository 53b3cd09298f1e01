import type { JsonObject } from '../../src/lib/json/json.ts'

export const PROTOCOLS = ['openai-chat', 'anthropic', 'gemini', 'openai-responses'] as const
export type Protocol = (typeof PROTOCOLS)[number]

export const PROMPT = 'one two three four '.repeat(50)
export const WORDS = Array.from({ length: 40 }, (_, at) => `word${at} `)
const said = (event: JsonObject): string =>
  `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
const data = (chunk: JsonObject): string => `data: ${JSON.stringify(chunk)}\n\n`

const chatChunk = (delta: JsonObject, more: JsonObject = {}): string =>
  data({ id: 'c', model: 'x', choices: [{ index: 0, delta, finish_reason: null }], ...more })
const geminiChunk = (text: string, more: JsonObject = {}, candidate: JsonObject = {}): string =>
  data({
    responseId: 'r',
    modelVersion: 'x',
    candidates: [{ index: 0, content: { role: 'model', parts: [{ text }] }, ...candidate }],
    ...more,
  })

/** A stream, event by event. What an upstream says of usage before the end is in `early`. */
export const STREAMS: Record<
  Protocol,
  { events: string[]; early?: { fresh: number; cacheRead?: number } }
> = {
  'openai-chat': {
    events: [
      ...WORDS.map(content => chatChunk({ content })),
      data({ id: 'c', model: 'x', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }),
      data({
        id: 'c',
        model: 'x',
        choices: [],
        usage: { prompt_tokens: 321, completion_tokens: 123 },
      }),
      'data: [DONE]\n\n',
    ],
  },
  anthropic: {
    events: [
      said({
        type: 'message_start',
        message: {
          id: 'm',
          type: 'message',
          role: 'assistant',
          model: 'x',
          content: [],
          usage: { input_tokens: 21, cache_read_input_tokens: 300, output_tokens: 1 },
        },
      }),
      said({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
      ...WORDS.map(text =>
        said({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
      ),
      said({ type: 'content_block_stop', index: 0 }),
      said({
        type: 'message_delta',
        delta: { stop_reason: 'end_turn' },
        usage: { output_tokens: 123 },
      }),
      said({ type: 'message_stop' }),
    ],
    early: { fresh: 21, cacheRead: 300 },
  },
  gemini: {
    events: [
      ...WORDS.map((text, at) =>
        geminiChunk(text, { usageMetadata: { promptTokenCount: 321, candidatesTokenCount: at } }),
      ),
      geminiChunk(
        '',
        { usageMetadata: { promptTokenCount: 321, candidatesTokenCount: 123 } },
        { finishReason: 'STOP' },
      ),
    ],
    early: { fresh: 321 },
  },
  'openai-responses': {
    events: [
      said({ type: 'response.created', response: { id: 'resp_1', model: 'x', output: [] } }),
      said({
        type: 'response.output_item.added',
        output_index: 0,
        item: { type: 'message', id: 'msg_1', role: 'assistant', content: [] },
      }),
      said({
        type: 'response.content_part.added',
        item_id: 'msg_1',
        output_index: 0,
        content_index: 0,
        part: { type: 'output_text', text: '' },
      }),
      ...WORDS.map(delta =>
        said({
          type: 'response.output_text.delta',
          item_id: 'msg_1',
          output_index: 0,
          content_index: 0,
          delta,
        }),
      ),
      said({
        type: 'response.completed',
        response: {
          id: 'resp_1',
          model: 'x',
          status: 'completed',
          output: [
            {
              type: 'message',
              id: 'msg_1',
              role: 'assistant',
              content: [{ type: 'output_text', text: WORDS.join('') }],
            },
          ],
          usage: { input_tokens: 321, output_tokens: 123, total_tokens: 444 },
        },
      }),
    ],
  },
}

const message = { role: 'user', content: PROMPT }
/** A request for so many tokens in every protocol. */
export const requests: Record<
  Protocol,
  (model: string, stream: boolean) => [path: string, json: JsonObject]
> = {
  'openai-chat': (model, stream) => [
    '/v1/chat/completions',
    { model, stream, messages: [message] },
  ],
  anthropic: (model, stream) => [
    '/v1/messages',
    { model, stream, max_tokens: 500, messages: [message] },
  ],
  gemini: (model, stream) => [
    `/v1beta/models/${model}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    { contents: [{ role: 'user', parts: [{ text: PROMPT }] }] },
  ],
  'openai-responses': (model, stream) => [
    '/v1/responses',
    { model, stream, store: false, input: PROMPT },
  ],
}
