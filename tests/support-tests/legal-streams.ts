import type { JsonObject } from '../../src/lib/json/json.ts'
import type { Wire } from '../support/read-reply.ts'

/** Made by hand: a thought where the protocol shows one, a text, a call; ends for its tools. */
export const LEGAL: Record<Wire, JsonObject[]> = {
  anthropic: anthropic(),
  'openai-chat': openaiChat(),
  'openai-responses': openaiResponses(),
  gemini: gemini(),
}

/** As it goes over the wire. */
export function sseOf(wire: Wire, payloads: readonly JsonObject[]): string {
  const named = wire === 'anthropic' || wire === 'openai-responses'
  const frames = payloads.map(
    payload => `${named ? `event: ${payload.type}\n` : ''}data: ${JSON.stringify(payload)}\n\n`,
  )
  if (wire === 'openai-chat') frames.push('data: [DONE]\n\n')
  return frames.join('')
}

function anthropic(): JsonObject[] {
  const usage = { input_tokens: 9, output_tokens: 1 }
  const message = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage,
  }
  const call = { type: 'tool_use', id: 'toolu_1', name: 'list', input: {} }
  const start = (index: number, content_block: JsonObject): JsonObject => ({
    type: 'content_block_start',
    index,
    content_block,
  })
  const grow = (index: number, delta: JsonObject): JsonObject => ({
    type: 'content_block_delta',
    index,
    delta,
  })
  const stop = (index: number): JsonObject => ({ type: 'content_block_stop', index })
  return [
    { type: 'message_start', message },
    start(0, { type: 'thinking', thinking: '', signature: '' }),
    grow(0, { type: 'thinking_delta', thinking: 'hm' }),
    grow(0, { type: 'signature_delta', signature: 'c2ln' }),
    stop(0),
    { type: 'ping' },
    start(1, { type: 'text', text: '' }),
    grow(1, { type: 'text_delta', text: 'I ' }),
    grow(1, { type: 'text_delta', text: 'look' }),
    stop(1),
    start(2, call),
    grow(2, { type: 'input_json_delta', partial_json: '{"all":' }),
    grow(2, { type: 'input_json_delta', partial_json: 'true}' }),
    stop(2),
    {
      type: 'message_delta',
      delta: { stop_reason: 'tool_use', stop_sequence: null },
      usage: { output_tokens: 7 },
    },
    { type: 'message_stop' },
  ]
}

function openaiChat(): JsonObject[] {
  const chunk = (delta: JsonObject, finish_reason: string | null = null): JsonObject => ({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: [{ index: 0, delta, finish_reason }],
  })
  const call = {
    index: 0,
    id: 'call_1',
    type: 'function',
    function: { name: 'list', arguments: '' },
  }
  const grow = (text: string): JsonObject =>
    chunk({ tool_calls: [{ index: 0, function: { arguments: text } }] })
  return [
    chunk({ role: 'assistant', content: '' }),
    chunk({ content: 'I ' }),
    chunk({ content: 'look' }),
    chunk({ tool_calls: [call] }),
    grow('{"all":'),
    grow('true}'),
    chunk({}, 'tool_calls'),
    {
      ...chunk({}),
      choices: [],
      usage: { prompt_tokens: 9, completion_tokens: 7, total_tokens: 16 },
    },
  ]
}

function openaiResponses(): JsonObject[] {
  const response = (status: string, output: JsonObject[]): JsonObject => ({
    id: 'resp_1',
    object: 'response',
    created_at: 1,
    model: 'm',
    status,
    output,
  })
  const thought = { type: 'summary_text', text: 'hm' }
  const text = { type: 'output_text', text: 'I look', annotations: [] }
  const reasoning = { id: 'rs_1', type: 'reasoning', summary: [thought] }
  const message = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content: [text],
  }
  const call = {
    id: 'fc_1',
    type: 'function_call',
    status: 'completed',
    call_id: 'call_1',
    name: 'list',
    arguments: '{"all":true}',
  }
  const patch = {
    id: 'ctc_1',
    type: 'custom_tool_call',
    status: 'completed',
    call_id: 'call_2',
    name: 'patch',
    input: '+a',
  }
  const summary = { output_index: 0, item_id: 'rs_1', summary_index: 0 }
  const content = { output_index: 1, item_id: 'msg_1', content_index: 0 }
  const calling = { output_index: 2, item_id: 'fc_1' }
  const patching = { output_index: 3, item_id: 'ctc_1' }
  const usage = {
    input_tokens: 9,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 7,
    output_tokens_details: { reasoning_tokens: 1 },
    total_tokens: 16,
  }
  const begun = { status: 'in_progress' }
  const events: JsonObject[] = [
    { type: 'response.created', response: response('in_progress', []) },
    { type: 'response.in_progress', response: response('in_progress', []) },
    {
      type: 'response.output_item.added',
      output_index: 0,
      item: { ...reasoning, summary: [] },
    },
    {
      type: 'response.reasoning_summary_part.added',
      ...summary,
      part: { ...thought, text: '' },
    },
    { type: 'response.reasoning_summary_text.delta', ...summary, delta: 'hm' },
    { type: 'response.reasoning_summary_text.done', ...summary, text: 'hm' },
    { type: 'response.reasoning_summary_part.done', ...summary, part: thought },
    { type: 'response.output_item.done', output_index: 0, item: reasoning },
    {
      type: 'response.output_item.added',
      output_index: 1,
      item: { ...message, ...begun, content: [] },
    },
    { type: 'response.content_part.added', ...content, part: { ...text, text: '' } },
    { type: 'response.output_text.delta', ...content, delta: 'I ', logprobs: [] },
    { type: 'response.output_text.delta', ...content, delta: 'look', logprobs: [] },
    { type: 'response.output_text.done', ...content, text: 'I look', logprobs: [] },
    { type: 'response.content_part.done', ...content, part: text },
    { type: 'response.output_item.done', output_index: 1, item: message },
    {
      type: 'response.output_item.added',
      output_index: 2,
      item: { ...call, ...begun, arguments: '' },
    },
    { type: 'response.function_call_arguments.delta', ...calling, delta: '{"all":' },
    { type: 'response.function_call_arguments.delta', ...calling, delta: 'true}' },
    {
      type: 'response.function_call_arguments.done',
      ...calling,
      name: 'list',
      arguments: '{"all":true}',
    },
    { type: 'response.output_item.done', output_index: 2, item: call },
    {
      type: 'response.output_item.added',
      output_index: 3,
      item: { ...patch, ...begun, input: '' },
    },
    { type: 'response.custom_tool_call_input.delta', ...patching, delta: '+a' },
    { type: 'response.custom_tool_call_input.done', ...patching, input: '+a' },
    { type: 'response.output_item.done', output_index: 3, item: patch },
    {
      type: 'response.completed',
      response: { ...response('completed', [reasoning, message, call, patch]), usage },
    },
  ]
  return events.map((event, sequence_number) => ({ ...event, sequence_number }))
}

function gemini(): JsonObject[] {
  const chunk = (part: JsonObject, usageMetadata: JsonObject, finish?: string): JsonObject => ({
    candidates: [
      {
        content: { role: 'model', parts: [part] },
        index: 0,
        ...(finish ? { finishReason: finish } : {}),
      },
    ],
    usageMetadata,
    modelVersion: 'm',
    responseId: 'r',
  })
  const prompt = { promptTokenCount: 9, totalTokenCount: 9 }
  const call = { functionCall: { name: 'list', args: { all: true } }, thoughtSignature: 'c2ln' }
  return [
    chunk({ text: 'hm', thought: true }, prompt),
    chunk({ text: 'I ' }, prompt),
    chunk({ text: 'look' }, prompt),
    chunk(
      call,
      {
        promptTokenCount: 9,
        candidatesTokenCount: 6,
        thoughtsTokenCount: 1,
        totalTokenCount: 16,
      },
      'STOP',
    ),
  ]
}
