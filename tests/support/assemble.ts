import type { JsonObject } from '../../src/lib/json/json.ts'
import { framesOf } from './frames.ts'
import type { Wire } from './read-reply.ts'
import { list, number, object, words } from './readers/seen.ts'

/** A streamed reply as the whole one that a client keeps in its history, nothing left out. */
export function assembled(wire: Wire, sse: string): JsonObject {
  const payloads = framesOf(sse)
    .filter(({ data }) => data.startsWith('{'))
    .map(({ data }) => JSON.parse(data) as JsonObject)
  switch (wire) {
    case 'anthropic':
      return anthropic(payloads)
    case 'openai-chat':
      return openaiChat(payloads)
    case 'openai-responses':
      return object(payloads[payloads.length - 1]?.response)
    case 'gemini':
      return gemini(payloads)
  }
}

function anthropic(events: readonly JsonObject[]): JsonObject {
  const blocks: JsonObject[] = []
  const json: string[] = []
  for (const event of events) {
    const at = number(event.index)
    const delta = object(event.delta)
    if (event.type === 'content_block_start') blocks[at] = { ...object(event.content_block) }
    const block = blocks[at]
    if (event.type !== 'content_block_delta' || !block) continue
    for (const member of ['text', 'thinking', 'signature'])
      if (typeof delta[member] === 'string') block[member] = words(block[member]) + delta[member]
    if (delta.type === 'input_json_delta') {
      json[at] = (json[at] ?? '') + words(delta.partial_json)
      try {
        block.input = JSON.parse(json[at] ?? '') as JsonObject
      } catch {
        // Not all of it yet.
      }
    }
  }
  return { role: 'assistant', content: blocks }
}

function openaiChat(chunks: readonly JsonObject[]): JsonObject {
  const message: JsonObject = { role: 'assistant', content: '' }
  const calls: JsonObject[] = []
  for (const chunk of chunks) {
    const delta = object(list(chunk.choices)[0]?.delta)
    for (const member of ['content', 'reasoning_content'])
      if (typeof delta[member] === 'string')
        message[member] = words(message[member]) + delta[member]
    for (const piece of list(delta.tool_calls)) {
      const at = number(piece.index)
      const known = object(calls[at])
      const said = object(piece.function)
      const before = object(known.function)
      calls[at] = {
        id: words(known.id) || words(piece.id),
        type: 'function',
        function: {
          name: words(before.name) + words(said.name),
          arguments: words(before.arguments) + words(said.arguments),
        },
      }
    }
  }
  return {
    choices: [{ message: { ...message, ...(calls.length > 0 ? { tool_calls: calls } : {}) } }],
  }
}

function gemini(chunks: readonly JsonObject[]): JsonObject {
  const parts = chunks.flatMap(chunk => list(object(list(chunk.candidates)[0]?.content).parts))
  return { candidates: [{ content: { role: 'model', parts } }] }
}
