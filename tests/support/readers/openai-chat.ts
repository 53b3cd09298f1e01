import { isObject, type JsonObject, type JsonValue } from '../../../src/lib/json/json.ts'
import { failure, list, number, object, parsed, type Reader, type Seen, words } from './seen.ts'

export const openaiChat: Reader = { read, assemble }

const STOPS: Record<string, string> = {
  stop: 'end',
  length: 'length',
  tool_calls: 'tools',
  function_call: 'tools',
  content_filter: 'refusal',
}

function read(body: JsonObject): Seen {
  const choice = list(body.choices)[0] ?? {}
  const message = object(choice.message)
  const usage = object(body.usage)
  const details = list(message.reasoning_details)
    .map(detail => words(detail.text) || words(detail.summary))
    .join('')
  const calls = list(message.tool_calls).map(callOf)
  const old = object(message.function_call)
  if (old.name) calls.push({ name: words(old.name), arguments: parsed(words(old.arguments)) })
  const stop = words(choice.finish_reason)
  return {
    text: contentText(message.content) + words(message.refusal),
    thinking: words(message.reasoning_content) || words(message.reasoning) || details,
    calls,
    stop: STOPS[stop] ?? (stop || null),
    usage: {
      input: number(usage.prompt_tokens),
      cached: number(object(usage.prompt_tokens_details).cached_tokens),
      output: outputOf(usage),
    },
    ...failure(words(object(body.error).message)),
  }
}

/** Some count reasoning beside the completion, which shows where the parts do not add up otherwise. */
function outputOf(usage: JsonObject): number {
  const completion = number(usage.completion_tokens)
  const reasoning = number(object(usage.completion_tokens_details).reasoning_tokens)
  const beside =
    reasoning > completion ||
    number(usage.total_tokens) === number(usage.prompt_tokens) + completion + reasoning
  return completion + (beside ? reasoning : 0)
}

/** A free-text tool is called with text, whatever it looks like. */
function callOf(call: JsonObject): Seen['calls'][number] {
  const custom = object(call.custom)
  if (custom.name) return { name: words(custom.name), arguments: words(custom.input) }
  const declared = object(call.function)
  return { name: words(declared.name), arguments: parsed(words(declared.arguments)) }
}

function contentText(content: JsonValue | undefined): string {
  // Cloudflare answers a JSON schema with the object itself in place of its text.
  if (isObject(content)) return JSON.stringify(content)
  return (
    words(content) ||
    list(content)
      .map(part => words(part.text))
      .join('')
  )
}

type Growing = { custom: boolean; name: string; arguments: string }

function grow(call: JsonObject, calls: Map<number, Growing>, at: number): void {
  const declared = object(call.function ?? call.custom)
  const known = calls.get(at) ?? { custom: Boolean(call.custom), name: '', arguments: '' }
  calls.set(at, {
    custom: known.custom,
    name: known.name + words(declared.name),
    arguments: known.arguments + words(declared.arguments) + words(declared.input),
  })
}

function assemble(chunks: JsonObject[]): JsonObject {
  let content = ''
  let refusal = ''
  const reasoning = { reasoning_content: '', reasoning: '', details: '' }
  let finish: JsonValue = null
  let usage: JsonValue = {}
  let error: JsonValue = null
  const calls = new Map<number, Growing>()
  for (const chunk of chunks) {
    if (chunk.error) error = chunk.error
    const told = chunk.usage ?? object(chunk.x_groq).usage
    if (told) usage = told
    const choice = list(chunk.choices).find(option => number(option.index) === 0)
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
      grow(call, calls, number(call.index))
    }
    const old = object(delta.function_call)
    if (Object.keys(old).length > 0) grow({ function: old }, calls, -1)
  }
  const thought = reasoning.reasoning_content || reasoning.reasoning || reasoning.details
  return {
    choices: [
      {
        message: {
          content,
          refusal,
          reasoning_content: thought,
          tool_calls: [...calls.values()].map(({ custom, name, arguments: said }) =>
            custom ? { custom: { name, input: said } } : { function: { name, arguments: said } },
          ),
        },
        finish_reason: finish,
      },
    ],
    usage,
    ...(error ? { error } : {}),
  }
}
