/** A turn as a chat completion, whole or in chunks. */
import { sayInput, type Turn } from '../dialect.ts'
import { type Json, random } from '../json.ts'
import { data, pieces } from '../stream.ts'

const usage = {
  prompt_tokens: 50,
  completion_tokens: 20,
  total_tokens: 70,
  completion_tokens_details: { reasoning_tokens: 8 },
}
const head = (object: string): Json => ({
  id: `chatcmpl-${random()}`,
  object,
  created: 1_767_225_600,
  model: 'scripted',
})

const toolCall = (turn: Turn) =>
  turn.call && {
    id: `call_${random()}`,
    type: 'function',
    function: { name: turn.call.tool.name, arguments: sayInput(turn.call.input) },
  }
const finish = (turn: Turn): string => (turn.call ? 'tool_calls' : 'stop')

export function completion(turn: Turn): Json {
  const tool = toolCall(turn)
  const message = {
    role: 'assistant',
    content: turn.text,
    reasoning_content: turn.thought,
    ...(tool ? { tool_calls: [tool] } : {}),
  }
  return {
    ...head('chat.completion'),
    choices: [{ index: 0, message, finish_reason: finish(turn) }],
    usage,
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
    ...(withUsage ? [data({ ...base, choices: [], usage })] : []),
    'data: [DONE]\n\n',
  ].join('')
}

function callDeltas(turn: Turn): Json[] {
  const tool = toolCall(turn)
  if (!tool) return []
  const { name, arguments: text } = tool.function
  return [
    { index: 0, id: tool.id, type: tool.type, function: { name, arguments: '' } },
    ...pieces(text).map(one => ({ index: 0, function: { arguments: one } })),
  ]
}
