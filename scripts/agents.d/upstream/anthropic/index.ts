import type { Dialect, Open } from '../dialect.ts'
import { type Json, list, random, record } from '../json.ts'
import { sse } from '../stream.ts'
import type { Thoughts } from './memory.ts'
import { refuse } from './refuse.ts'
import { events, message } from './reply.ts'

export const openAnthropic: Open = (note): Dialect => {
  const thoughts: Thoughts = new Map()
  return {
    protocol: 'anthropic',
    matches: path => path.endsWith('/messages'),
    refuse: body => refuse(body, thoughts) ?? noteLostThinking(body, note),
    tools: body =>
      list(body.tools).map(tool => ({
        name: String(tool.name),
        custom: false,
        schema: record(tool.input_schema),
      })),
    answered: body => list(body.messages).some(one => has(one, 'tool_result')),
    reply(turn, body) {
      const { display, type } = record(body.thinking)
      // Also unasked, as some services that speak this protocol do; `disabled` means it, though.
      const thinking = type !== 'disabled'
      const sealed = { ...turn, thought: display === 'omitted' ? '' : turn.thought }
      const reply = message(sealed, thinking)
      for (const block of reply.content)
        if (block.type === 'thinking') thoughts.set(String(block.signature), sealed.thought)
      return body.stream === true ? sse(events(reply)) : Response.json(reply)
    },
    refused: ({ message: text, status = 400 }) =>
      Response.json(
        {
          type: 'error',
          error: { type: 'invalid_request_error', message: text },
          request_id: `req_${random()}`,
        },
        { status },
      ),
  }
}

const has = (message: Json, type: string): boolean =>
  list(message.content).some(block => block.type === type)

/** With thinking off, or adaptive, the service does not insist. */
function noteLostThinking(body: Json, note: (text: string) => void): undefined {
  if (record(body.thinking).type === 'disabled') return
  const calls = list(body.messages).filter(one => has(one, 'tool_use'))
  if (calls.some(one => !has(one, 'thinking')))
    note('the thinking block did not come back with its tool call')
}
