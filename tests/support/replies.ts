import type { JsonObject } from '../../src/lib/json/json.ts'
import type { Wire } from './read-reply.ts'

/** What every reply here says. */
export const WORDS = 'fine'
/** The model that serves; requests ask for it by the same name. */
export const SERVED = 'served'

const data = (...events: JsonObject[]): string[] =>
  events.map(event => `data: ${JSON.stringify(event)}\n\n`)
const typed = (...events: (JsonObject & { type: string })[]): string[] =>
  events.map(event => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)

const MESSAGE = { id: 'msg_1', type: 'message', role: 'assistant', model: SERVED }
const CHUNK = { id: 'c', object: 'chat.completion.chunk', created: 1, model: SERVED }
const RESPONSE = { id: 'resp_1', object: 'response', created_at: 1, model: SERVED, error: null }
const ITEM = { id: 'msg_1', type: 'message', role: 'assistant' }
const PART = { type: 'output_text', text: WORDS, annotations: [] }
const USAGE = { input_tokens: 3, output_tokens: 2 }

const choice = (delta: JsonObject, finish: string | null = null): JsonObject => ({
  ...CHUNK,
  choices: [{ index: 0, delta, finish_reason: finish }],
})
const candidate = (parts: JsonObject[], finish?: string): JsonObject => ({
  candidates: [
    {
      content: { role: 'model', parts },
      index: 0,
      ...(finish === undefined ? {} : { finishReason: finish }),
    },
  ],
  modelVersion: SERVED,
  responseId: 'r',
})

/** A stream's beginning, with nothing in it for the client yet: one event, or comment, each. */
export const OPENING: Record<Wire, string[]> = {
  anthropic: typed(
    {
      type: 'message_start',
      message: {
        ...MESSAGE,
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: 3, output_tokens: 1 },
      },
    },
    { type: 'ping' },
    {
      type: 'content_block_start',
      index: 0,
      content_block: { type: 'thinking', thinking: '', signature: '' },
    },
    { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: '' } },
    { type: 'content_block_stop', index: 0 },
    { type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: '' } },
  ),
  'openai-chat': [
    ': OPENROUTER PROCESSING\n\n',
    ': OPENROUTER PROCESSING\n\n',
    ...data(choice({ role: 'assistant', content: '' }), choice({ content: '', reasoning: null })),
  ],
  'openai-responses': typed(
    { type: 'response.created', response: { ...RESPONSE, status: 'in_progress', output: [] } },
    { type: 'response.in_progress', response: { ...RESPONSE, status: 'in_progress', output: [] } },
    {
      type: 'response.output_item.added',
      output_index: 0,
      item: { ...ITEM, status: 'in_progress', content: [] },
    },
    {
      type: 'response.content_part.added',
      output_index: 0,
      content_index: 0,
      item_id: ITEM.id,
      part: { ...PART, text: '' },
    },
  ),
  gemini: data(
    { usageMetadata: { promptTokenCount: 3 }, modelVersion: SERVED, responseId: 'r' },
    candidate([{ text: '' }]),
  ),
}

/** The first event with something in it, behind the opening. */
export const FIRST: Record<Wire, string[]> = {
  anthropic: typed({
    type: 'content_block_delta',
    index: 1,
    delta: { type: 'text_delta', text: WORDS },
  }),
  'openai-chat': data(choice({ content: WORDS })),
  'openai-responses': typed({
    type: 'response.output_text.delta',
    output_index: 0,
    content_index: 0,
    item_id: ITEM.id,
    delta: WORDS,
  }),
  gemini: data(candidate([{ text: WORDS }])),
}

/** What ends the stream behind that. */
export const ENDING: Record<Wire, string[]> = {
  anthropic: typed(
    { type: 'content_block_stop', index: 1 },
    {
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { output_tokens: 2 },
    },
    { type: 'message_stop' },
  ),
  'openai-chat': [...data(choice({}, 'stop')), 'data: [DONE]\n\n'],
  'openai-responses': typed({
    type: 'response.completed',
    response: {
      ...RESPONSE,
      status: 'completed',
      output: [{ ...ITEM, status: 'completed', content: [PART] }],
      usage: { ...USAGE, total_tokens: 5 },
    },
  }),
  gemini: data(candidate([], 'STOP')),
}

/** The same as one body. */
export const WHOLE: Record<Wire, JsonObject> = {
  anthropic: {
    ...MESSAGE,
    content: [{ type: 'text', text: WORDS }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: USAGE,
  },
  'openai-chat': {
    ...CHUNK,
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content: WORDS }, finish_reason: 'stop' }],
  },
  'openai-responses': {
    ...RESPONSE,
    status: 'completed',
    output: [{ ...ITEM, status: 'completed', content: [PART] }],
    usage: { ...USAGE, total_tokens: 5 },
  },
  gemini: candidate([{ text: WORDS }], 'STOP'),
}

/** The start of a call, with its name and nothing else. */
export const CALL: Record<Wire, string[]> = {
  anthropic: typed({
    type: 'content_block_start',
    index: 2,
    content_block: { type: 'tool_use', id: 'toolu_1', name: 'read', input: {} },
  }),
  'openai-chat': data(
    choice({
      tool_calls: [
        { index: 0, id: 'call_1', type: 'function', function: { name: 'read', arguments: '' } },
      ],
    }),
  ),
  'openai-responses': typed({
    type: 'response.output_item.added',
    output_index: 1,
    item: {
      id: 'fc_1',
      type: 'function_call',
      status: 'in_progress',
      call_id: 'call_1',
      name: 'read',
      arguments: '',
    },
  }),
  gemini: data(candidate([{ functionCall: { name: 'read', args: {} } }])),
}
