import type { JsonObject } from '../../src/lib/json/json.ts'
import type { Received } from './local-gateway.ts'
import type { Wire } from './read-reply.ts'
import { list, object } from './readers/seen.ts'

/** What each upstream thought, and sealed, before its call. */
const THOUGHT = 'The user wants the number. I must look it up.'
const SEAL = Buffer.from('sealed by the upstream itself').toString('base64')

const REASONING_ITEM: JsonObject = {
  id: 'rs_native_1',
  type: 'reasoning',
  summary: [{ type: 'summary_text', text: THOUGHT }],
  encrypted_content: SEAL,
}

/** Thinks, then calls `look_up`. */
const FIRST: Record<Wire, JsonObject> = {
  anthropic: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'served',
    content: [
      { type: 'thinking', thinking: THOUGHT, signature: SEAL },
      { type: 'text', text: 'I look it up.' },
      { type: 'tool_use', id: 'toolu_native_1', name: 'look_up', input: { key: 'a' } },
    ],
    stop_reason: 'tool_use',
    stop_sequence: null,
    usage: { input_tokens: 9, output_tokens: 9 },
  },
  'openai-chat': {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'served',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: 'I look it up.',
          reasoning_content: THOUGHT,
          tool_calls: [
            {
              id: 'call_native_1',
              type: 'function',
              function: { name: 'look_up', arguments: '{"key":"a"}' },
            },
          ],
        },
        finish_reason: 'tool_calls',
      },
    ],
    usage: { prompt_tokens: 9, completion_tokens: 9, total_tokens: 18 },
  },
  'openai-responses': {
    id: 'resp_native_1',
    object: 'response',
    created_at: 1,
    status: 'completed',
    model: 'served',
    error: null,
    output: [
      REASONING_ITEM,
      {
        id: 'msg_native_0',
        type: 'message',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: 'I look it up.', annotations: [] }],
      },
      {
        id: 'fc_native_1',
        type: 'function_call',
        status: 'completed',
        call_id: 'call_native_1',
        name: 'look_up',
        arguments: '{"key":"a"}',
      },
    ],
    usage: { input_tokens: 9, output_tokens: 9, total_tokens: 18 },
  },
  gemini: {
    candidates: [
      {
        content: {
          role: 'model',
          parts: [
            { text: THOUGHT, thought: true },
            { text: 'I look it up.' },
            {
              functionCall: { id: 'call_native_1', name: 'look_up', args: { key: 'a' } },
              thoughtSignature: SEAL,
            },
          ],
        },
        finishReason: 'STOP',
        index: 0,
      },
    ],
    usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 9, totalTokenCount: 18 },
    modelVersion: 'served',
    responseId: 'r1',
  },
}

/** Says what the tool answered. */
const SECOND: Record<Wire, JsonObject> = {
  anthropic: {
    ...FIRST.anthropic,
    content: [{ type: 'text', text: 'It is 42.' }],
    stop_reason: 'end_turn',
  },
  'openai-chat': {
    ...FIRST['openai-chat'],
    choices: [
      { index: 0, message: { role: 'assistant', content: 'It is 42.' }, finish_reason: 'stop' },
    ],
  },
  'openai-responses': {
    ...FIRST['openai-responses'],
    output: [
      {
        id: 'msg_native_1',
        type: 'message',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: 'It is 42.', annotations: [] }],
      },
    ],
  },
  gemini: {
    ...FIRST.gemini,
    candidates: [
      {
        content: { role: 'model', parts: [{ text: 'It is 42.' }] },
        finishReason: 'STOP',
        index: 0,
      },
    ],
  },
}

/**
 * An upstream that insists on its own reasoning: a call without it, or with a changed one, is
 * refused, as the strictest services do.
 */
export function strictThinker(wire: Wire): (received: Received) => Response {
  return ({ text }) => {
    const body = JSON.parse(text) as JsonObject
    const fault = FAULTS[wire](body)
    if (fault === 'first') return Response.json(FIRST[wire])
    if (fault === undefined) return Response.json(SECOND[wire])
    const error = { message: fault, type: 'invalid_request_error', code: 400, status: 'INVALID' }
    return Response.json({ type: 'error', error }, { status: 400 })
  }
}

/** What is wrong about the reasoning in a request; `first`: there is no call in it yet. */
const FAULTS: Record<Wire, (body: JsonObject) => string | undefined> = {
  anthropic(body) {
    const calling = list(body.messages)
      .map(({ content }) => list(content))
      .find(blocks => blocks.some(({ type }) => type === 'tool_use'))
    if (!calling) return 'first'
    // A turn that calls must begin with its thought.
    const [before] = calling
    if (before?.type !== 'thinking') return `no thought before the call: ${before?.type}`
    if (calling.filter(({ type }) => type === 'thinking').length > 1)
      return 'more thoughts than one'
    if (before.thinking !== THOUGHT || before.signature !== SEAL) return 'a changed thought'
    return object(body.thinking).type === 'disabled' || !body.thinking ? 'not thinking' : undefined
  },
  'openai-chat'(body) {
    const call = list(body.messages).find(({ tool_calls }) => tool_calls)
    if (!call) return 'first'
    return call.reasoning_content === THOUGHT ? undefined : `thought ${call.reasoning_content}`
  },
  'openai-responses'(body) {
    const items = list(body.input)
    if (!items.some(({ type }) => type === 'function_call')) return 'first'
    const thoughts = items.filter(({ type }) => type === 'reasoning')
    const said = items.findIndex(item => JSON.stringify(item).includes('I look it up.'))
    return Bun.deepEquals(thoughts, [REASONING_ITEM]) && items[said - 1]?.type === 'reasoning'
      ? undefined
      : `before the call: ${JSON.stringify(items.slice(1, 4))}`
  },
  gemini(body) {
    const call = list(body.contents)
      .flatMap(({ parts }) => list(parts))
      .find(({ functionCall }) => functionCall)
    if (!call) return 'first'
    return call.thoughtSignature === SEAL ? undefined : `signature ${call.thoughtSignature}`
  },
}
