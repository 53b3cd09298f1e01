import type { JsonObject, JsonValue } from '../../src/lib/json/json.ts'
import { without } from '../../src/lib/json/read-json.ts'
import type { Wire } from './read-reply.ts'
import { list, object, words } from './readers/seen.ts'

/** How a client sends a reply back with the results of its calls: what its SDK keeps of either. */
export type Style = { title: string; body(reply: JsonObject): JsonObject }

export const QUESTION = 'What is the number?'
export const AFTER = 'Go on, please.'
/** The result of the call at that place among the reply's calls. */
export const resultOf = (at: number): string => `the result of call ${at}`

const SCHEMA = { type: 'object', properties: { key: { type: 'string' } } }

const anthropic = (
  title: string,
  kept: (block: JsonObject) => boolean,
  answer: (id: JsonValue, text: string) => JsonObject,
  arranged: (results: JsonObject[]) => JsonObject[] = results => results,
): Style => ({
  title: `Anthropic: ${title}`,
  body(reply) {
    const calls = list(reply.content).filter(({ type }) => type === 'tool_use')
    const results = calls.map(({ id }, at) => answer(id ?? '', resultOf(at)))
    return {
      model: 'm',
      max_tokens: 1_000,
      tools: namesOf(calls).map(name => ({ name, description: name, input_schema: SCHEMA })),
      messages: [
        { role: 'user', content: QUESTION },
        { role: 'assistant', content: list(reply.content).filter(kept) },
        { role: 'user', content: arranged(results) },
      ],
    }
  },
})

const plainResult = (id: JsonValue, content: JsonValue): JsonObject => ({
  type: 'tool_result',
  tool_use_id: id,
  content,
})

const ANTHROPIC: Style[] = [
  anthropic('every block comes back', () => true, plainResult),
  anthropic(
    'text and calls come back, results as blocks',
    ({ type }) => type === 'text' || type === 'tool_use',
    (id, text) => plainResult(id, [{ type: 'text', text }]),
  ),
  anthropic(
    'results in another order, and words behind them',
    () => true,
    plainResult,
    results => [...results.toReversed(), { type: 'text', text: AFTER }],
  ),
  anthropic(
    'failed results',
    () => true,
    (id, text) => ({
      ...plainResult(id, text),
      is_error: true,
    }),
  ),
]

const chat = (
  title: string,
  returned: (message: JsonObject) => JsonObject,
  answer: (call: JsonObject, content: string) => JsonObject,
  arranged: (results: JsonObject[]) => JsonObject[] = results => results,
): Style => ({
  title: `Chat: ${title}`,
  body(reply) {
    const message = object(list(reply.choices)[0]?.message)
    if (message.function_call) return oldBody(message)
    const calls = list(message.tool_calls)
    const declared = calls.map(call => object(call.function ?? call.custom))
    const custom = new Set(calls.flatMap(call => words(object(call.custom).name) || []))
    return {
      model: 'm',
      tools: namesOf(declared).map(name =>
        custom.has(name)
          ? { type: 'custom', custom: { name, description: name } }
          : { type: 'function', function: { name, description: name, parameters: SCHEMA } },
      ),
      messages: [
        { role: 'user', content: QUESTION },
        returned(message),
        ...arranged(calls.map((call, at) => answer(call, resultOf(at)))),
      ],
    }
  },
})

/** As before calls had ids. */
function oldBody(message: JsonObject): JsonObject {
  const name = words(object(message.function_call).name)
  return {
    model: 'm',
    functions: [{ name, description: name, parameters: SCHEMA }],
    messages: [
      { role: 'user', content: QUESTION },
      message,
      { role: 'function', name, content: resultOf(0) },
    ],
  }
}

const toolMessage = ({ id }: JsonObject, content: JsonValue): JsonObject => ({
  role: 'tool',
  tool_call_id: id ?? '',
  content,
})
const withoutIds = (message: JsonObject, spelled: JsonObject): JsonObject => ({
  ...message,
  tool_calls: list(message.tool_calls).map(call => ({ ...without(call, 'id'), ...spelled })),
})
const nameIn = (call: JsonObject): string => words(object(call.function ?? call.custom).name)

const CHAT: Style[] = [
  chat('the message comes back', message => message, toolMessage),
  chat(
    'content and calls come back, results as parts',
    ({ content, tool_calls }) => ({
      role: 'assistant',
      content: content ?? null,
      tool_calls: tool_calls ?? [],
    }),
    (call, text) => toolMessage(call, [{ type: 'text', text }]),
  ),
  chat(
    'empty ids',
    message => withoutIds(message, { id: '' }),
    (_, content) => ({
      role: 'tool',
      tool_call_id: '',
      content,
    }),
  ),
  chat(
    'no ids, names beside the results',
    message => withoutIds(message, {}),
    (call, content) => ({
      role: 'tool',
      name: nameIn(call),
      content,
    }),
  ),
  chat(
    'ids on the calls alone',
    message => message,
    (_, content) => ({ role: 'tool', content }),
  ),
  chat(
    'results in another order, and words behind them',
    message => message,
    toolMessage,
    results => [...results.toReversed(), { role: 'user', content: AFTER }],
  ),
]

const responses = (
  title: string,
  returned: (item: JsonObject) => JsonObject[],
  answer: (call: JsonObject, output: string) => JsonObject,
  arranged: (results: JsonObject[]) => JsonObject[] = results => results,
): Style => ({
  title: `Responses: ${title}`,
  body(reply) {
    const calls = list(reply.output).filter(isCall)
    const custom = new Set(
      calls.flatMap(({ type, name }) => (type === 'custom_tool_call' ? [words(name)] : [])),
    )
    return {
      model: 'm',
      store: false,
      tools: namesOf(calls).map(name =>
        custom.has(name)
          ? { type: 'custom', name, description: name }
          : { type: 'function', name, description: name, parameters: SCHEMA },
      ),
      input: [
        { type: 'message', role: 'user', content: QUESTION },
        ...list(reply.output).flatMap(returned),
        ...arranged(calls.map((call, at) => answer(call, resultOf(at)))),
      ],
    }
  },
})

const isCall = ({ type }: JsonObject): boolean =>
  type === 'function_call' || type === 'custom_tool_call'
const outputItem = ({ type, call_id }: JsonObject, output: JsonValue): JsonObject => ({
  type: `${words(type)}_output`,
  call_id: call_id ?? '',
  output,
})

const RESPONSES: Style[] = [
  responses('every item comes back', item => [item], outputItem),
  responses(
    'calls come back without ids and states, text as plain messages',
    item => {
      if (isCall(item)) return [without(item, 'id', 'status')]
      if (item.type !== 'message') return []
      const text = list(item.content)
        .map(part => words(part.text))
        .join('')
      return [{ role: 'assistant', content: text }]
    },
    (call, text) => outputItem(call, [{ type: 'input_text', text }]),
  ),
  responses(
    'empty call ids',
    item => [isCall(item) ? { ...item, call_id: '' } : item],
    (call, output) => ({ ...outputItem(call, output), call_id: '' }),
  ),
  responses(
    'results in another order, and words behind them',
    item => [item],
    outputItem,
    results => [...results.toReversed(), { type: 'message', role: 'user', content: AFTER }],
  ),
]

const gemini = (
  title: string,
  returned: (part: JsonObject) => JsonObject,
  answer: (call: JsonObject, output: string) => JsonObject,
  arranged: (results: JsonObject[]) => JsonObject[] = results => results,
): Style => ({
  title: `Gemini: ${title}`,
  body(reply) {
    const parts = list(object(list(reply.candidates)[0]?.content).parts)
    const calls = parts.flatMap(({ functionCall }) => (functionCall ? [object(functionCall)] : []))
    const functionDeclarations = namesOf(calls).map(name => ({
      name,
      description: name,
      parametersJsonSchema: SCHEMA,
    }))
    return {
      tools: [{ functionDeclarations }],
      contents: [
        { role: 'user', parts: [{ text: QUESTION }] },
        { role: 'model', parts: parts.map(returned) },
        { role: 'user', parts: arranged(calls.map((call, at) => answer(call, resultOf(at)))) },
      ],
    }
  },
})

const answered = (call: JsonObject, more: JsonObject, output: string): JsonObject => ({
  functionResponse: { name: call.name ?? '', ...more, response: { output } },
})
/** A part whose call, if it has one, has this id, or none. */
const withId = (part: JsonObject, id?: string): JsonObject =>
  part.functionCall
    ? {
        ...part,
        functionCall: {
          ...without(object(part.functionCall), 'id'),
          ...(id === undefined ? {} : { id }),
        },
      }
    : part

const GEMINI: Style[] = [
  gemini(
    'every part comes back',
    part => part,
    (call, output) => answered(call, { id: call.id ?? '' }, output),
  ),
  gemini(
    'ids on the calls alone, as of Google’s Python SDK',
    part => part,
    (call, output) => answered(call, {}, output),
  ),
  gemini(
    'no ids',
    part => withId(part),
    (call, output) => answered(call, {}, output),
  ),
  gemini(
    'empty ids',
    part => withId(part, ''),
    (call, output) => answered(call, { id: '' }, output),
  ),
  gemini(
    'ids made up for the results',
    part => withId(part),
    (call, output) =>
      answered(call, { id: `made-up-${words(call.name)}-${output.slice(-1)}` }, output),
  ),
  gemini(
    'in snake case, under `result`',
    part =>
      part.functionCall
        ? {
            function_call: part.functionCall,
            ...(part.thoughtSignature ? { thought_signature: part.thoughtSignature } : {}),
          }
        : part,
    (call, result) => ({ function_response: { name: call.name ?? '', response: { result } } }),
  ),
  gemini(
    'results in another order, and words behind them',
    part => part,
    (call, output) => answered(call, { id: call.id ?? '' }, output),
    results => [...results.toReversed(), { text: AFTER }],
  ),
]

function namesOf(calls: readonly JsonObject[]): string[] {
  return [...new Set(calls.map(({ name }) => words(name)))]
}

export const STYLES: Record<Wire, readonly Style[]> = {
  anthropic: ANTHROPIC,
  'openai-chat': CHAT,
  'openai-responses': RESPONSES,
  gemini: GEMINI,
}
