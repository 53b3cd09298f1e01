import type { JsonObject } from '../../../src/lib/json/json.ts'
import { failure, list, number, object, parsed, type Reader, type Seen, words } from './seen.ts'

export const openaiResponses: Reader = { read, assemble }

function read(body: JsonObject): Seen {
  const items = list(body.output)
  const usage = object(body.usage)
  const calls = items.flatMap(callsOf)
  return {
    text: items.map(textOf).join(''),
    thinking: items.map(thinkingOf).join(''),
    calls,
    stop: stopOf(body, calls.length > 0),
    usage: {
      input: number(usage.input_tokens),
      cached: number(object(usage.input_tokens_details).cached_tokens),
      output: number(usage.output_tokens),
    },
    ...failure(words(object(body.error).message)),
  }
}

function textOf(item: JsonObject): string {
  if (item.type !== 'message') return ''
  return list(item.content)
    .map(part => words(part.text) + words(part.refusal))
    .join('')
}

function thinkingOf(item: JsonObject): string {
  if (item.type !== 'reasoning') return ''
  return [...list(item.summary), ...list(item.content)].map(part => words(part.text)).join('')
}

function callsOf(item: JsonObject): Seen['calls'] {
  const name = words(item.name)
  if (item.type === 'function_call') return [{ name, arguments: parsed(words(item.arguments)) }]
  // A custom tool takes text; that it may look like JSON means nothing.
  if (item.type === 'custom_tool_call') return [{ name, arguments: words(item.input) }]
  return []
}

/** This protocol has no word for "now run the tools": a completed response just holds calls. */
function stopOf(body: JsonObject, called: boolean): string | null {
  const status = words(body.status)
  if (status === 'completed') return called ? 'tools' : 'end'
  if (status !== 'incomplete') return null
  const reason = words(object(body.incomplete_details).reason)
  if (reason === 'max_output_tokens') return 'length'
  return reason === 'content_filter' ? 'refusal' : reason || null
}

/** Which member of which part a delta grows. */
const GROWN: Record<string, { parts?: 'content' | 'summary'; member: string; type?: string }> = {
  'response.output_text.delta': { parts: 'content', member: 'text', type: 'output_text' },
  'response.refusal.delta': { parts: 'content', member: 'refusal', type: 'refusal' },
  'response.reasoning_text.delta': { parts: 'content', member: 'text', type: 'reasoning_text' },
  'response.reasoning_summary_text.delta': {
    parts: 'summary',
    member: 'text',
    type: 'summary_text',
  },
  'response.function_call_arguments.delta': { member: 'arguments' },
  'response.custom_tool_call_input.delta': { member: 'input' },
}

/** Items as they were done, or as far as they came; the rest is what the last response says. */
function assemble(events: JsonObject[]): JsonObject {
  let response: JsonObject = {}
  const items = new Map<number, JsonObject>()
  for (const event of events) {
    const at = number(event.output_index)
    const type = words(event.type)
    if (type === 'response.output_item.added' || type === 'response.output_item.done')
      items.set(at, structuredClone(object(event.item)))
    else if (type === 'error') response = { ...response, status: 'failed', error: errorOf(event) }
    else if (event.response) response = { ...response, ...object(event.response) }
    else grow(items.get(at), event)
  }
  if (items.size === 0) return response
  const inOrder = [...items].sort(([one], [other]) => one - other)
  return { ...response, output: inOrder.map(([, item]) => item) }
}

/** Flat as documented, or inside `error` as sent. */
function errorOf(event: JsonObject): JsonObject {
  return event.error ? object(event.error) : { message: words(event.message) }
}

function grow(item: JsonObject | undefined, event: JsonObject): void {
  const how = GROWN[words(event.type)]
  if (!how || !item) return
  if (!how.parts) {
    item[how.member] = words(item[how.member]) + words(event.delta)
    return
  }
  const parts = list(item[how.parts])
  const at = number(how.parts === 'summary' ? event.summary_index : event.content_index)
  const part = parts[at] ?? { type: how.type ?? '' }
  part[how.member] = words(part[how.member]) + words(event.delta)
  parts[at] = part
  item[how.parts] = parts
}
