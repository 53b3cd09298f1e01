import type { JsonObject, JsonValue } from '../../../src/lib/json/json.ts'
import { failure, list, number, object, parsed, type Reader, type Seen, words } from './seen.ts'

export const anthropic: Reader = { read, assemble }

const STOPS: Record<string, string> = {
  end_turn: 'end',
  stop_sequence: 'end',
  pause_turn: 'end',
  max_tokens: 'length',
  tool_use: 'tools',
  refusal: 'refusal',
}

function read(body: JsonObject): Seen {
  const usage = object(body.usage)
  const blocks = list(body.content)
  const cached = number(usage.cache_read_input_tokens)
  const stop = words(body.stop_reason)
  return {
    text: blocks.map(block => (block.type === 'text' ? words(block.text) : '')).join(''),
    thinking: blocks
      .map(block => (block.type === 'thinking' ? words(block.thinking) : ''))
      .join(''),
    calls: blocks
      .filter(block => block.type === 'tool_use')
      .map(block => ({ name: words(block.name), arguments: block.input })),
    stop: STOPS[stop] ?? (stop || null),
    usage: {
      input: number(usage.input_tokens) + cached + number(usage.cache_creation_input_tokens),
      cached,
      output: number(usage.output_tokens),
    },
    ...failure(words(object(body.error).message)),
  }
}

function assemble(events: JsonObject[]): JsonObject {
  let message: JsonObject = {}
  const blocks = new Map<number, JsonObject>()
  const json = new Map<number, string>()
  for (const event of events) {
    const at = number(event.index)
    if (event.type === 'message_start') message = { ...object(event.message) }
    else if (event.type === 'content_block_start')
      blocks.set(at, { ...object(event.content_block) })
    else if (event.type === 'content_block_delta') {
      const block = blocks.get(at) ?? {}
      const delta = object(event.delta)
      if (delta.type === 'text_delta') block.text = words(block.text) + words(delta.text)
      if (delta.type === 'thinking_delta')
        block.thinking = words(block.thinking) + words(delta.thinking)
      if (delta.type === 'input_json_delta')
        json.set(at, (json.get(at) ?? '') + words(delta.partial_json))
    } else if (event.type === 'content_block_stop') {
      const block = blocks.get(at)
      const args = json.get(at)
      if (block && args) block.input = parsed(args) as JsonValue
    } else if (event.type === 'message_delta') {
      const told = Object.entries(object(event.usage)).filter(([, value]) => value !== null)
      message = {
        ...message,
        ...object(event.delta),
        usage: { ...object(message.usage), ...Object.fromEntries(told) },
      }
    } else if (event.type === 'error') message.error = object(event.error)
  }
  return { ...message, content: [...blocks.values()] }
}
