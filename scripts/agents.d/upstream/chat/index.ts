import type { Dialect, Open } from '../dialect.ts'
import { type Json, list, record } from '../json.ts'
import { sse } from '../stream.ts'
import { refuse } from './refuse.ts'
import { chunks, completion } from './reply.ts'

export const openChat: Open = (note): Dialect => {
  /** Every thought that was told. */
  const thoughts = new Set<unknown>()
  return {
    protocol: 'openai-chat',
    matches: path => path.endsWith('/chat/completions'),
    refuse: body => refuse(body) ?? noteLostReasoning(body, thoughts, note),
    tools: body =>
      list(body.tools).map(tool => ({
        name: String(record(tool.function).name),
        custom: false,
        schema: record(record(tool.function).parameters),
      })),
    answered: body => list(body.messages).some(one => one.role === 'tool'),
    reply(turn, body) {
      thoughts.add(turn.thought)
      if (body.stream !== true) return Response.json(completion(turn))
      return sse(chunks(turn, record(body.stream_options).include_usage === true))
    },
    refused: ({ message, code = null, status = 400 }) =>
      Response.json(
        { error: { message, type: 'invalid_request_error', param: null, code } },
        { status },
      ),
  }
}

/** DeepSeek and Kimi insist on it in a tool loop; most services do not know it. */
function noteLostReasoning(
  body: Json,
  thoughts: Set<unknown>,
  note: (text: string) => void,
): undefined {
  const calls = list(body.messages).filter(one => list(one.tool_calls).length > 0)
  for (const { reasoning_content: thought } of calls) {
    if (!thought) note('reasoning_content did not come back with its tool call')
    else if (!thoughts.has(thought)) note('reasoning_content came back changed')
  }
}
