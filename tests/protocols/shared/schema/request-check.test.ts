import { describe, expect, test } from 'bun:test'
import { GatewayError } from '../../../../src/lib/errors.ts'
import { isObject, type JsonObject, type JsonValue } from '../../../../src/lib/json/json.ts'
import type { Action } from '../../../../src/protocols/codec.ts'
import { codecFor } from '../../../../src/protocols/index.ts'
import type { Wire } from '../../../support/read-reply.ts'
import { requestsOf } from '../../../support/requests.ts'
import { captures, corpus, sharedMissing } from '../../../support/shared.ts'
import { WIRES } from '../../../support/wires.ts'

/** The error that a body is refused with; undefined: it is accepted. */
function refusal(
  wire: Wire,
  body: JsonObject,
  action: Action = 'generate',
): GatewayError | undefined {
  const shape = codecFor(wire)?.requests[action]
  if (!shape) throw new Error(`no shape for ${wire} ${action}`)
  try {
    shape.check(body)
    return undefined
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
}

describe.skipIf(sharedMissing)('what real clients send is accepted', () => {
  for (const wire of WIRES)
    test(`${wire}: every recorded and captured request`, () => {
      const requests = requestsOf(wire)
      expect(requests.length).toBeGreaterThan(50)
      const refused = requests.flatMap(({ body }) => refusal(wire, body)?.message ?? [])
      expect(refused).toEqual([])
    })

  test.each<[Wire, Action, string]>([
    ['anthropic', 'count-tokens', '/count_tokens'],
    ['gemini', 'count-tokens', ':countTokens'],
  ])('%s: captured requests that %s', (wire, action, path) => {
    const bodies = [
      ...captures(path).map(({ body }) => body),
      ...corpus(wire).flatMap(({ op, request }) => (op === action && request ? [request] : [])),
    ]
    expect(bodies.length).toBeGreaterThan(1)
    for (const body of bodies) expect(refusal(wire, body, action)?.message).toBeUndefined()
  })
})

const ANTHROPIC = { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] }
const CHAT = { model: 'm', messages: [{ role: 'user', content: 'hi' }] }
const RESPONSES = { model: 'm', input: 'hi' }
const GEMINI = { contents: [{ parts: [{ text: 'hi' }] }] }
const user = (content: JsonValue) => ({ messages: [{ role: 'user', content }] })

describe('a malformed request is refused with the path of what is wrong', () => {
  test.each<[Wire, JsonObject, string]>([
    ['anthropic', { messages: undefined! }, 'messages: expected a list, got nothing'],
    ['anthropic', { max_tokens: undefined! }, 'max_tokens: expected a whole number, got nothing'],
    ['anthropic', { messages: 'x' }, 'messages: expected a list, got a string'],
    ['anthropic', { messages: [] }, 'messages: expected at least one item, got an empty list'],
    ['anthropic', { messages: [7] }, 'messages[0]: expected an object, got 7'],
    ['anthropic', user(5), 'messages[0].content: expected a string or a list, got 5'],
    ['anthropic', user(null), 'messages[0].content: expected a string or a list, got null'],
    [
      'anthropic',
      { messages: [{ role: 'user' }] },
      'messages[0].content: expected a string or a list, got nothing',
    ],
    [
      'anthropic',
      { messages: [{ content: 'x' }] },
      'messages[0].role: expected a string, got nothing',
    ],
    ['anthropic', user([{ text: 'x' }]), 'messages[0].content[0].type: expected a string'],
    [
      'anthropic',
      user([{ type: 'text' }]),
      'messages[0].content[0].text: expected a string, got nothing',
    ],
    [
      'anthropic',
      user([{ type: 'image', source: { type: 'base64', media_type: 'image/png' } }]),
      'messages[0].content[0].source.data: expected a string, got nothing',
    ],
    [
      'anthropic',
      user([{ type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text: 5 }] }]),
      'messages[0].content[0].content[0].text: expected a string, got 5',
    ],
    [
      'anthropic',
      user([{ type: 'tool_use', id: 'a', name: 'b', input: '{}' }]),
      'messages[0].content[0].input: expected an object, got a string',
    ],
    ['anthropic', { system: { a: 1 } }, 'system: expected a string or a list, got an object'],
    ['anthropic', { max_tokens: '9' }, 'max_tokens: expected a whole number, got a string'],
    ['anthropic', { max_tokens: 9.5 }, 'max_tokens: expected a whole number, got 9.5'],
    ['anthropic', { stream: 'yes' }, 'stream: expected true or false, got a string'],
    ['anthropic', { stop_sequences: 'END' }, 'stop_sequences: expected a list, got a string'],
    ['anthropic', { tools: [{ name: 'f' }] }, 'tools[0].input_schema: expected an object'],
    ['anthropic', { tools: {} }, 'tools: expected a list, got an object'],
    ['anthropic', { tool_choice: 'auto' }, 'tool_choice: expected an object, got a string'],
    ['anthropic', { tool_choice: { type: 'tool' } }, 'tool_choice.name: expected a string'],
    ['anthropic', { thinking: true }, 'thinking: expected an object, got true'],
    ['anthropic', { thinking: { type: 'enabled' } }, 'thinking.budget_tokens: expected a whole'],
    [
      'anthropic',
      { messages: [{ role: 'wizard', content: 'x' }] },
      'messages[0].role: expected "user" or "assistant" or "system", got another string',
    ],
    [
      'gemini',
      { contents: [{ role: 'wizard', parts: [{ text: 'x' }] }] },
      'contents[0].role: expected "user" or "model" or "function" or "system", got another string',
    ],
    [
      'gemini',
      { contents: [{ parts: [{ inlineData: {} }] }] },
      'contents[0].parts[0].inlineData.mimeType: expected a string, got nothing',
    ],
    [
      'gemini',
      { contents: [{ parts: [{ inline_data: { mime_type: 'image/png' } }] }] },
      'contents[0].parts[0].inline_data.data: expected a string, got nothing',
    ],
    [
      'gemini',
      { contents: [{ parts: [{ text: 'x' }, { fileData: { mimeType: 'image/png' } }] }] },
      'contents[0].parts[1].fileData.fileUri: expected a string, got nothing',
    ],
    [
      'openai-chat',
      { tool_choice: { type: 'function' } },
      'tool_choice.function.name: expected a string, got nothing',
    ],
    ['openai-chat', { messages: undefined! }, 'messages: expected a list, got nothing'],
    ['openai-chat', user(5), 'messages[0].content: expected a string or a list, got 5'],
    [
      'openai-chat',
      user([{ type: 'image_url', image_url: {} }]),
      'messages[0].content[0].image_url.url: expected a string, got nothing',
    ],
    [
      'openai-chat',
      { messages: [{ role: 'tool', content: 'x' }] },
      'messages[0].tool_call_id: expected a string, got nothing',
    ],
    [
      'openai-chat',
      { messages: [{ role: 'assistant', tool_calls: [{ id: 'a', function: {} }] }] },
      'messages[0].tool_calls[0].function.name: expected a string, got nothing',
    ],
    [
      'openai-chat',
      { tools: [{ type: 'function', function: { name: 'f', parameters: 'x' } }] },
      'tools[0].function.parameters: expected an object, got a string',
    ],
    ['openai-chat', { temperature: 'hot' }, 'temperature: expected a number, got a string'],
    ['openai-chat', { stop: 5 }, 'stop: expected a string or a list, got 5'],
    ['openai-chat', { stop: ['a', 5] }, 'stop[1]: expected a string, got 5'],
    ['openai-chat', { tool_choice: 5 }, 'tool_choice: expected a string or an object, got 5'],
    ['openai-responses', { input: undefined! }, 'input: expected a string or a list with at least'],
    ['openai-responses', { input: [] }, 'input: expected a string or a list with at least'],
    ['openai-responses', { input: 5 }, 'input: expected a string or a list, got 5'],
    ['openai-responses', { input: [5] }, 'input[0]: expected an object, got 5'],
    [
      'openai-responses',
      { input: [{ role: 'user', content: [{ type: 'input_text', text: 5 }] }] },
      'input[0].content[0].text: expected a string, got 5',
    ],
    [
      'openai-responses',
      { input: [{ type: 'function_call_output', output: 'x' }] },
      'input[0].call_id: expected a string, got nothing',
    ],
    [
      'openai-responses',
      { tools: [{ type: 'namespace', name: 'n', tools: [{ type: 'function' }] }] },
      'tools[0].tools[0].name: expected a string, got nothing',
    ],
    ['openai-responses', { reasoning: 'high' }, 'reasoning: expected an object, got a string'],
    ['gemini', { contents: undefined! }, 'contents: expected a list, got nothing'],
    ['gemini', { contents: [] }, 'contents: expected at least one item, got an empty list'],
    ['gemini', { contents: 5 }, 'contents: expected a list or an object or a string, got 5'],
    ['gemini', { contents: [{ parts: 5 }] }, 'contents[0].parts: expected a list or'],
    [
      'gemini',
      { contents: [{ parts: [{ text: 5 }] }] },
      'contents[0].parts[0].text: expected a string, got 5',
    ],
    [
      'gemini',
      { contents: [{ parts: { function_call: { args: {} } } }] },
      'contents[0].parts.function_call.name: expected a string, got nothing',
    ],
    [
      'gemini',
      { generation_config: { max_output_tokens: 'many' } },
      'generation_config.max_output_tokens: expected a whole number, got a string',
    ],
    [
      'gemini',
      { tools: [{ functionDeclarations: [{}] }] },
      'tools[0].functionDeclarations[0].name',
    ],
  ])('%s %j', (wire, members, message) => {
    const good = {
      anthropic: ANTHROPIC,
      'openai-chat': CHAT,
      'openai-responses': RESPONSES,
      gemini: GEMINI,
    }
    expect(refusal(wire, good[wire])).toBeUndefined()
    const error = refusal(wire, { ...good[wire], ...members })
    expect(error?.code).toBe('invalid-request')
    expect(error?.message).toStartWith(message)
    expect(error?.param).toBe(message.slice(0, message.indexOf(':') >>> 0))
  })
})

describe('what vendors take though it is unusual is accepted', () => {
  test.each<[Wire, JsonObject]>([
    ['anthropic', { ...ANTHROPIC, temperature: null, tools: null, new_member: { a: [1] } }],
    ['anthropic', { ...ANTHROPIC, ...user([{ type: 'something_new', text: 5 }]) }],
    ['anthropic', { ...ANTHROPIC, tools: [{ type: 'something_20270101' }] }],
    ['anthropic', { ...ANTHROPIC, thinking: { type: 'something' } }],
    ['openai-chat', { ...CHAT, tools: [{ function: { name: 'f' } }], user: null, max_tokens: -1 }],
    ['openai-chat', { ...CHAT, messages: [{ role: 'critic', content: 'x' }] }],
    ['openai-chat', { ...CHAT, messages: [{ role: 'assistant', content: null }] }],
    ['openai-responses', { model: 'm', previous_response_id: 'r' }],
    ['openai-responses', { model: 'm', input: [{ type: 'something_new' }] }],
    ['gemini', { contents: 'hi' }],
    ['gemini', { contents: { parts: { text: 'hi' } } }],
    ['gemini', { contents: [{ parts: ['hi'] }] }],
    ['gemini', { ...GEMINI, tools: { function_declarations: { name: 'f' } } }],
    ['gemini', { ...GEMINI, generationConfig: { maxOutputTokens: '100', stopSequences: 'END' } }],
    ['gemini', { ...GEMINI, generationConfig: { temperature: '0.5', topK: 40.0 } }],
    ['gemini', { ...GEMINI, toolConfig: { functionCallingConfig: { mode: 2 } } }],
    [
      'gemini',
      {
        contents: [
          { role: 'model', parts: [{ functionCall: { name: 'f', willContinue: true } }] },
          { role: 'model', parts: [{ functionCall: {} }] },
        ],
      },
    ],
  ])('%s %j', (wire, body) => expect(refusal(wire, body)?.message).toBeUndefined())

  test('tokens are counted without a cap, and of a whole request in a member', () => {
    const { max_tokens: _, ...countable } = ANTHROPIC
    expect(refusal('anthropic', countable, 'count-tokens')).toBeUndefined()
    const whole = { generateContentRequest: { model: 'models/m', ...GEMINI } }
    expect(refusal('gemini', whole, 'count-tokens')).toBeUndefined()
    const error = refusal('gemini', { generateContentRequest: {} }, 'count-tokens')
    expect(error?.param).toBe('generateContentRequest.contents')
  })
})

describe('what Google’s parser takes is not only accepted but read', () => {
  const config = (generationConfig: JsonObject) => ({ ...GEMINI, generationConfig })
  const tools = (...list: JsonObject[]) => ({ ...GEMINI, tools: list })
  const f = { name: 'f', parameters: { type: 'OBJECT', properties: {} } }
  const part = (members: JsonObject) => ({ contents: [{ role: 'model', parts: [members] }] })

  test.each<[string, JsonObject, JsonObject]>([
    ['one content', { contents: GEMINI.contents[0]! }, GEMINI],
    ['one part', { contents: [{ parts: { text: 'hi' } }] }, GEMINI],
    ['words for a part', { contents: [{ parts: ['hi'] }] }, GEMINI],
    [
      'one tool',
      { ...GEMINI, tools: { functionDeclarations: [f] } },
      tools({ functionDeclarations: [f] }),
    ],
    ['one function', tools({ function_declarations: f }), tools({ functionDeclarations: [f] })],
    ['digits', config({ maxOutputTokens: '100' }), config({ maxOutputTokens: 100 })],
    ['digits with a point', config({ temperature: '0.5' }), config({ temperature: 0.5 })],
    ['one stop sequence', config({ stop_sequences: 'END' }), config({ stopSequences: ['END'] })],
    [
      'digits and words for thinking',
      config({ thinking_config: { thinking_budget: '500', include_thoughts: 'true' } }),
      config({ thinkingConfig: { thinkingBudget: 500, includeThoughts: true } }),
    ],
    [
      'a level’s number',
      config({ thinkingConfig: { thinkingLevel: 3 } }),
      config({ thinkingConfig: { thinkingLevel: 'HIGH' } }),
    ],
    [
      'a mode’s number, one name',
      {
        ...GEMINI,
        tool_config: { function_calling_config: { mode: 2, allowed_function_names: 'f' } },
      },
      {
        ...GEMINI,
        toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['f'] } },
      },
    ],
    ['a word for a flag', part({ text: 'x', thought: 'true' }), part({ text: 'x', thought: true })],
    [
      'instructions in small letters',
      { ...GEMINI, system_instruction: { parts: { text: 'be' } } },
      { ...GEMINI, systemInstruction: { parts: [{ text: 'be' }] } },
    ],
    ['a whole request to count', { generate_content_request: GEMINI }, GEMINI],
  ])('%s', (_, lenient, plain) => {
    const read = (body: JsonObject) => {
      expect(refusal('gemini', body, 'count-tokens')?.message).toBeUndefined()
      return codecFor('gemini')?.decodeRequest(body, { model: 'm', stream: false })
    }
    expect(read(lenient)).toEqual(read(plain)!)
  })

  test.each<JsonObject>([
    { contents: [{ parts: 'hi' }] },
    { ...GEMINI, systemInstruction: { parts: 'hi' } },
    config({ temperature: 'NaN' }),
    config({ maxOutputTokens: '1e2' }),
    config({ thinkingConfig: { includeThoughts: 'yes' } }),
  ])('what would not be read is refused: %j', body =>
    expect(refusal('gemini', body)?.message).toContain('expected'),
  )
})

/**
 * Members that no decoder reads, where a wrong type is none of our business; below these and below
 * `parameters`, schemas and arguments nothing is looked at.
 */
const UNREAD: Record<Wire, RegExp> = {
  anthropic:
    /^model$|^(context_management|mcp_servers|metadata)\b|\.(enabled|citations|content|title|source|tool_name|file_id|id|input|name|server_name|tool|tool_use_id|output_config)$|^tools\[\]\.(defer_loading|display_\w+|eager_input_streaming|max_tokens|model)$/,
  'openai-chat':
    /^(model|moderation|prompt_cache_options|provider|usage)$|^web_search_options|prompt_cache_breakpoint$|reasoning_details\[\]\.(format|id|index|type)$|^tools\[\]\.parameters$/,
  'openai-responses':
    /^(model|client_metadata|moderation|prompt_cache_options)$|^(stream_options|tool_choice)\.|^(reasoning\.context|text\.format\.description)$|^input\[\]\.(action|arguments|code|container_id|execution|id|role|tools)$|annotations|logprobs$|prompt_cache_breakpoint$|tools\[\]\.(?!name|type)\w+|format\./,
  gemini:
    /^(session_id|labels)|(toolCall|toolResponse|mode|includeServerSideToolInvocations|fileSearch|mcpServers|thinkingLevel|thinking_level|responseModalities)$|^(safetySettings|generationConfig\.speechConfig)|videoMetadata/,
}
const CLIENTS_OWN = /([sS]chema|parameters|parametersJsonSchema|input|args|response|arguments)$/

/** Replaces each value in turn by one of another type, and goes on inside of what is refused. */
function misType(
  value: JsonObject | JsonValue[],
  path: string,
  isRefused: (path: string) => boolean,
): void {
  for (const [key, inner] of Object.entries(value)) {
    if (inner === null) continue
    const at = Array.isArray(value) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`
    const wrong = typeof inner === 'number' || typeof inner === 'boolean' ? 'x' : 5
    Object.assign(value, { [key]: wrong })
    const refused = isRefused(at)
    Object.assign(value, { [key]: inner })
    if (refused && typeof inner === 'object' && !CLIENTS_OWN.test(at)) misType(inner, at, isRefused)
  }
}

describe.skipIf(sharedMissing)('a wrong type is found wherever a decoder looks', () => {
  for (const wire of WIRES)
    test(wire, () => {
      const accepted = new Set<string>()
      const misplaced = new Set<string>()
      let tried = 0
      for (const { body } of requestsOf(wire)) {
        // Long histories repeat themselves.
        if (JSON.stringify(body).length > 60_000) continue
        const copy = structuredClone(body)
        misType(copy, '', path => {
          tried++
          const error = refusal(wire, copy)
          if (!error) accepted.add(path.replace(/\[\d+\]/g, '[]'))
          else if (error.param !== path) misplaced.add(`${path}: ${error.message}`)
          return error !== undefined
        })
      }
      expect(tried).toBeGreaterThan(1_000)
      expect([...accepted].filter(path => !UNREAD[wire].test(path))).toEqual([])
      expect([...misplaced]).toEqual([])
    })
})

describe('a hostile body', () => {
  test('with a hundred thousand faults names three', () => {
    const messages = Array.from({ length: 100_000 }, () => ({ role: 'user', content: 5 }))
    const message = refusal('anthropic', { ...ANTHROPIC, messages })?.message ?? ''
    expect(message.split(';')).toHaveLength(3)
    expect(message.length).toBeLessThan(300)
  })

  test('with one fault at its end is found', () => {
    const messages: JsonValue[] = Array.from({ length: 100_000 }, () => CHAT.messages[0]!)
    expect(refusal('openai-chat', { messages: [...messages, 5] })?.param).toBe('messages[100000]')
  })

  test('whose words are names of every object', () => {
    for (const type of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      const bodies: [Wire, JsonObject][] = [
        ['anthropic', { ...ANTHROPIC, ...user([{ type }]), tools: [{ type, name: type }] }],
        ['openai-chat', { messages: [{ role: type, content: [{ type }] }], tools: [{ type }] }],
        ['openai-responses', { input: [{ type, name: type }], tools: [{ type, name: type }] }],
        ['gemini', { contents: [{ parts: [JSON.parse(`{"${type}":{}}`)] }] }],
      ]
      for (const [wire, body] of bodies) expect(refusal(wire, body)?.message).toBeUndefined()
    }
  })

  test('cannot lend members from a prototype', () => {
    const body: unknown = JSON.parse('{"__proto__":{"messages":[],"max_tokens":5}}')
    if (!isObject(body)) throw new Error('no object')
    expect(refusal('anthropic', body)?.message).toContain('messages: expected a list, got nothing')
  })

  test('keeps its words out of the error, which is logged', () => {
    const error = refusal('openai-chat', { ...CHAT, tools: 'my secret' })
    expect(error?.message).toBe('tools: expected a list, got a string')
  })
})
