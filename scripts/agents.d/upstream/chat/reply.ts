/** A turn as a chat completion, whole or in chunks. */
import { DEFAULT_TOKENS, sayInput, type Turn } from '../dialect.ts'
import { type Json, random } from '../json.ts'
import { data, pieces } from '../stream.ts'

const usageOf = ({ tokens = DEFAULT_TOKENS }: Turn) => ({
  prompt_tokens: tokens,
  completion_tokens: 20,
  total_tokens: tokens + 20,
  completion_tokens_details: { reasoning_tokens: 8 },
})
const head = (object: string): Json => ({
  id: `chatcmpl-${random()}`,
  object,
  created: 1_767_225_600,
  model: 'scripted',
})

const toolCalls = (turn: Turn) =>
  turn.calls.map(({ tool, input }) => ({
    id: `call_${random()}`,
    type: 'function',
    function: { name: tool.name, arguments: sayInput(input) },
  }))
const finish = (turn: Turn): string => (turn.calls.length > 0 ? 'tool_calls' : 'stop')

export function completion(turn: Turn): Json {
  const calls = toolCalls(turn)
  const message = {
    role: 'assistant',
    content: turn.text,
    reasoning_content: turn.thought,
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  }
  return {
    ...head('chat.completion'),
    choices: [{ index: 0, message, finish_reason: finish(turn) }],
    usage: usageOf(turn),
  }
}

export function chunks(turn: Turn, withUsage: boolean): string {
  const base = head('chat.completion.chunk')
  const chunk = (delta: Json, reason: string | null = null): string =>
    data({ ...base, choices: [{ index: 0, delta, finish_reason: reason }] })
  return [
    chunk({ role: 'assistant', content: '' }),
    ...pieces(turn.thought).map(one => chunk({ reasoning_content: one })),
    ...pieces(turn.text).map(one => chunk({ content: one })),
    ...callDeltas(turn).map(one => chunk({ tool_calls: [one] })),
    chunk({}, finish(turn)),
    ...(withUsage ? [data({ ...base, choices: [], usage: usageOf(turn) })] : []),
    'data: [DONE]\n\n',
  ].join('')
}

function callDeltas(turn: Turn): Json[] {
  return toolCalls(turn).flatMap(({ id, type, function: { name, arguments: text } }, index) => [
    { index, id, type, function: { name, arguments: '' } },
    ...pieces(text).map(one => ({ index, function: { arguments: one } })),
  ])
}
