import { isObject, type JsonObject, type JsonValue } from '../../src/lib/json.ts'

/**
 * What a client understands of a reply, read straight off the wire and without the codecs, so that
 * the tests do not judge the code by itself.
 */
export type Seen = {
  text: string
  thinking: string
  calls: { name: string; arguments: unknown }[]
  stop: string | null
  usage: { input: number; cached: number; output: number }
  error?: string
}

export type Wire = 'anthropic' | 'openai-chat'

const list = (value: JsonValue | undefined): JsonObject[] =>
  Array.isArray(value) ? value.filter(isObject) : []
const object = (value: JsonValue | undefined): JsonObject => (isObject(value) ? value : {})
const words = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '')
const number = (value: JsonValue | undefined): number => (typeof value === 'number' ? value : 0)

function parsed(text: string): unknown {
  try {
    return text === '' ? {} : JSON.parse(text)
  } catch {
    return text
  }
}

export function readJson(wire: Wire, body: JsonObject): Seen {
  return wire === 'anthropic' ? readMessage(body) : readCompletion(body)
}

export function readStream(wire: Wire, sse: string): Seen {
  const data = sse
    .replaceAll('\r\n', '\n')
    .split('\n')
    .filter(line => line.startsWith('data:'))
    .map(line => line.slice(5).trim())
  const chunks = data
    .filter(line => line !== '[DONE]' && line.startsWith('{'))
    .map(line => JSON.parse(line) as JsonObject)
  return wire === 'anthropic'
    ? readMessage(assembleMessage(chunks))
    : readCompletion(assembleCompletion(chunks))
}

function readMessage(body: JsonObject): Seen {
  const usage = object(body.usage)
  const blocks = list(body.content)
  const error = words(object(body.error).message)
  const cached = number(usage.cache_read_input_tokens)
  return {
    text: blocks.map(block => (block.type === 'text' ? words(block.text) : '')).join(''),
    thinking: blocks
      .map(block => (block.type === 'thinking' ? words(block.thinking) : ''))
      .join(''),
    calls: blocks
      .filter(block => block.type === 'tool_use')
      .map(block => ({ name: words(block.name), arguments: block.input })),
    stop: stopName(words(body.stop_reason)),
    usage: {
      input: number(usage.input_tokens) + cached + number(usage.cache_creation_input_tokens),
      cached,
      output: number(usage.output_tokens),
    },
    ...(error ? { error } : {}),
  }
}

function readCompletion(body: JsonObject): Seen {
  const choice = list(body.choices)[0] ?? {}
  const message = object(choice.message)
  const usage = object(body.usage)
  const error = words(object(body.error).message)
  const details = list(message.reasoning_details)
    .map(detail => words(detail.text) || words(detail.summary))
    .join('')
  const calls = list(message.tool_calls).map(call => {
    const declared = object(call.function)
    return { name: words(declared.name), arguments: parsed(words(declared.arguments)) }
  })
  const old = object(message.function_call)
  if (old.name) calls.push({ name: words(old.name), arguments: parsed(words(old.arguments)) })
  const parts = list(message.content)
  return {
    text:
      (words(message.content) || parts.map(part => words(part.text)).join('')) +
      words(message.refusal),
    thinking: words(message.reasoning_content) || words(message.reasoning) || details,
    calls,
    stop: stopName(words(choice.finish_reason)),
    usage: {
      input: number(usage.prompt_tokens),
      cached: number(object(usage.prompt_tokens_details).cached_tokens),
      output: number(usage.completion_tokens),
    },
    ...(error ? { error } : {}),
  }
}

/** One word for what both protocols call by several. */
function stopName(stop: string): string | null {
  const names: Record<string, string> = {
    end_turn: 'end',
    stop: 'end',
    stop_sequence: 'end',
    pause_turn: 'end',
    max_tokens: 'length',
    length: 'length',
    tool_use: 'tools',
    tool_calls: 'tools',
    function_call: 'tools',
    refusal: 'refusal',
    content_filter: 'refusal',
  }
  return names[stop] ?? (stop || null)
}

function assembleMessage(events: JsonObject[]): JsonObject {
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

function assembleCompletion(chunks: JsonObject[]): JsonObject {
  let content = ''
  let refusal = ''
  const reasoning = { reasoning_content: '', reasoning: '', details: '' }
  let finish: JsonValue = null
  let usage: JsonValue = {}
  let error: JsonValue = null
  const calls = new Map<number, { name: string; arguments: string }>()
  for (const chunk of chunks) {
    if (chunk.error) error = chunk.error
    const told = chunk.usage ?? object(chunk.x_groq).usage
    if (told) usage = told
    const choice = list(chunk.choices).find(one => number(one.index) === 0)
    if (!choice) continue
    const delta = object(choice.delta)
    content += words(delta.content)
    refusal += words(delta.refusal)
    reasoning.reasoning_content += words(delta.reasoning_content)
    reasoning.reasoning += words(delta.reasoning)
    reasoning.details += list(delta.reasoning_details)
      .map(detail => words(detail.text))
      .join('')
    finish = choice.finish_reason ?? finish
    for (const call of list(delta.tool_calls)) {
      const declared = object(call.function)
      const known = calls.get(number(call.index)) ?? { name: '', arguments: '' }
      calls.set(number(call.index), {
        name: known.name + words(declared.name),
        arguments: known.arguments + words(declared.arguments),
      })
    }
  }
  const thought = reasoning.reasoning_content || reasoning.reasoning || reasoning.details
  return {
    choices: [
      {
        message: {
          content,
          refusal,
          reasoning_content: thought,
          tool_calls: [...calls.values()].map(call => ({ function: call })),
        },
        finish_reason: finish,
      },
    ],
    usage,
    ...(error ? { error } : {}),
  }
}
