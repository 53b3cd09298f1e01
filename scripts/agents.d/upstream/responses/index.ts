import type { Dialect, Open } from '../dialect.ts'
import { type Json, list, random } from '../json.ts'
import { sse } from '../stream.ts'
import type { Given, Memory } from './memory.ts'
import { refuse } from './refuse.ts'
import { events, output, response } from './reply.ts'
import { toolsOf } from './tools.ts'

export const openResponses: Open = (note): Dialect => {
  const memory: Memory = new Map()
  return {
    protocol: 'openai-responses',
    matches: path => path.endsWith('/responses'),
    refuse: body => refuse(body, memory) ?? noteLostReasoning(body, note),
    tools: body => toolsOf(body),
    answered: body => list(body.input).some(one => /call_output$/.test(String(one.type))),
    reply(turn, body) {
      const items = output(turn, body)
      remember(items, body, memory)
      const reply = response(items, body, turn.tokens)
      return body.stream === true ? sse(events(reply)) : Response.json(reply)
    },
    refused: ({ message, code = null, status = 400 }) =>
      Response.json(
        { error: { message, type: 'invalid_request_error', param: 'input', code } },
        { status, headers: { 'x-request-id': `req_${random()}` } },
      ),
  }
}

function remember(items: Json[], body: Json, memory: Memory): void {
  const reasoning = items.find(item => item.type === 'reasoning')
  for (const item of items) {
    const given: Given = { type: String(item.type), stored: body.store !== false }
    if (typeof item.encrypted_content === 'string') given.sealed = item.encrypted_content
    if (reasoning && item !== reasoning) given.needs = String(reasoning.id)
    memory.set(String(item.id), given)
  }
}

/** Without ids the service cannot tell that something was thought before the call. */
function noteLostReasoning(body: Json, note: (text: string) => void): undefined {
  const input = list(body.input)
  const called = input.some(item => /_call$/.test(String(item.type)))
  const kept = input.some(item => ['reasoning', 'item_reference'].includes(String(item.type)))
  if (called && !kept) note('the reasoning item did not come back with its tool call')
}
