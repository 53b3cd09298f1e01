import { describe, expect, test } from 'bun:test'
import {
  adaptTools,
  type ConversationRequest,
  type Message,
  type Part,
} from '../../../src/conversation/index.ts'
import type { JsonObject, JsonValue } from '../../../src/lib/json/json.ts'
import { objects } from '../../../src/lib/json/read-json.ts'
import type { Addressee, Quirks } from '../../../src/protocols/codec.ts'
import { codecFor } from '../../../src/protocols/index.ts'
import { openaiChat } from '../../../src/protocols/openai-chat/index.ts'

const EMPTY: ConversationRequest = {
  system: [],
  messages: [],
  tools: [],
  toolChoice: { mode: 'auto' },
  sampling: {},
  format: { type: 'text' },
}

function to(model: string, quirks: Quirks = {}, stream = false): Addressee {
  return { model, stream, issuer: 'up', quirks }
}

function encode(request: Partial<ConversationRequest>, addressee = to('some-model')) {
  const { wire, losses } = openaiChat.encodeRequest({ ...EMPTY, ...request }, addressee)
  return { body: wire.body, losses: losses.map(({ path }) => path) }
}

const text = (words: string): Part => ({ type: 'text', text: words })
const user = (...parts: Part[]): Message => ({ role: 'user', parts })
const assistant = (...parts: Part[]): Message => ({ role: 'assistant', parts })
const call = (id: string, name = 'f', args = '{}'): Part => ({
  type: 'tool-call',
  id,
  name,
  arguments: args,
  runsOn: 'client',
})
const result = (callId: string, parts: Part[], failed = false): Part => ({
  type: 'tool-result',
  callId,
  parts,
  failed,
  runsOn: 'client',
})
const PNG: Part = {
  type: 'image',
  source: { from: 'base64', mediaType: 'image/png', data: 'AAAA' },
}

describe('a conversation of another protocol is told in the strictest form', () => {
  const wires = (...messages: Message[]): JsonObject[] =>
    objects(encode({ messages }).body.messages)

  test('system blocks are one message, without the billing line', () => {
    const system = [
      text('x-anthropic-billing-header: cc_version=1;'),
      text('A'),
      text(' '),
      text('B'),
    ]
    expect(encode({ system }).body.messages).toEqual([{ role: 'system', content: 'A\n\nB' }])
  })

  test('results stand before the text they shared a message with, in call order', () => {
    expect(
      wires(
        assistant(call('a'), call('b')),
        user(text('and now?'), result('b', [text('2')]), result('a', [text('1')])),
      ),
    ).toEqual([
      expect.objectContaining({ role: 'assistant', content: null }),
      { role: 'tool', tool_call_id: 'a', content: '1' },
      { role: 'tool', tool_call_id: 'b', content: '2' },
      { role: 'user', content: 'and now?' },
    ])
  })

  test('a picture in a result follows in a user message', () => {
    expect(wires(assistant(call('a')), user(result('a', [text('see'), PNG]))).slice(1)).toEqual([
      { role: 'tool', tool_call_id: 'a', content: 'see\n[image attached below]' },
      {
        role: 'user',
        content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }],
      },
    ])
  })

  test.each([
    ['is told', 'no such file', 'Error: no such file'],
    ['is not told twice', 'Error: no such file', 'Error: no such file'],
    ['is seen in markup too', '<error>gone</error>', '<error>gone</error>'],
  ])('a failure %s', (_, said, content) => {
    const messages = wires(assistant(call('a')), user(result('a', [text(said)], true)))
    expect(messages).toContainEqual({ role: 'tool', tool_call_id: 'a', content })
  })

  test('a call without a result gets one, a result without a call becomes a note', () => {
    const messages = wires(assistant(call('a')), user(result('z', [text('late')]), text('hi')))
    expect(messages[1]).toMatchObject({ role: 'tool', tool_call_id: 'a' })
    expect(JSON.stringify(messages[2])).toContain('late')
    expect(messages[2]).toMatchObject({ role: 'user' })
  })

  test('empty text is never sent', () => {
    expect(wires(user(text('  ')), user(text('hi'), text('')))).toEqual([
      { role: 'user', content: 'hi' },
    ])
  })

  test('a system message in the middle stays where it is', () => {
    const messages = wires(
      user(text('a')),
      { role: 'system', parts: [text('note')] },
      user(text('b')),
    )
    expect(messages.map(message => message.role)).toEqual(['user', 'system', 'user'])
  })
})

describe('parts this protocol has no word for', () => {
  test.each<[string, Part, JsonValue, number]>([
    [
      'a PDF is a file',
      {
        type: 'document',
        source: { from: 'base64', mediaType: 'application/pdf', data: 'JVBE' },
        name: 'a.pdf',
      },
      [
        {
          type: 'file',
          file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBE' },
        },
      ],
      0,
    ],
    [
      'a text file is its text',
      { type: 'document', source: { from: 'base64', mediaType: 'text/plain', data: 'aGk=' } },
      'hi',
      0,
    ],
    [
      'a document by address is a note',
      { type: 'document', source: { from: 'url', url: 'https://a.test/b' } },
      '[document: https://a.test/b]',
      1,
    ],
    [
      'a loaded tool is said',
      {
        type: 'opaque',
        protocol: 'anthropic',
        wire: { type: 'tool_reference', tool_name: 'grep' },
      },
      'tool grep loaded',
      0,
    ],
    [
      'and so does a block of blocks',
      {
        type: 'opaque',
        protocol: 'anthropic',
        wire: { type: 'mcp_result', content: [{ type: 'text', text: 'found' }] },
      },
      'found',
      1,
    ],
    [
      'a search result says where it is from, and nothing is lost',
      {
        type: 'opaque',
        protocol: 'anthropic',
        wire: {
          type: 'search_result',
          title: 'Facts',
          source: 'https://facts.test',
          content: [{ type: 'text', text: 'found' }],
        },
      },
      'Facts (https://facts.test):\nfound',
      0,
    ],
    [
      'a search result from nowhere is its text',
      {
        type: 'opaque',
        protocol: 'anthropic',
        wire: { type: 'search_result', content: [{ type: 'text', text: 'found' }] },
      },
      'found',
      0,
    ],
    [
      'a block with text gives its text',
      { type: 'opaque', protocol: 'anthropic', wire: { type: 'search', text: 'found' } },
      'found',
      1,
    ],
  ])('%s', (_, part, content, lost) => {
    const { body, losses } = encode({ messages: [user(part)] })
    expect(body.messages).toEqual([{ role: 'user', content }])
    expect(losses).toHaveLength(lost)
  })

  test('earlier thinking goes only where there is a member for it, its seal nowhere', () => {
    const thought: Part = {
      type: 'thinking',
      text: 'hm',
      seal: { issuer: 'anthropic', protocol: 'anthropic', value: 'SEALED' },
    }
    const messages = [user(text('q')), assistant(thought, text('a')), user(text('r'))]
    const silent = encode({ messages })
    expect(silent.losses).toEqual(['messages[1]'])
    expect(JSON.stringify(silent.body)).not.toContain('hm')
    const told = encode({ messages }, to('deepseek-chat', { reasoningField: 'reasoning_content' }))
    expect(told.body.messages).toContainEqual({
      role: 'assistant',
      content: 'a',
      reasoning_content: 'hm',
    })
    expect(JSON.stringify(told.body)).not.toContain('SEALED')
  })

  test('sealed reasoning of an own client goes back to its issuer alone', () => {
    const details = [{ type: 'reasoning.text', text: 'hm', signature: 'SEALED' }]
    const messages = [
      { role: 'assistant', content: 'a', reasoning: 'hm', reasoning_details: details },
    ]
    const envelope = { model: 'm', stream: false, issuer: 'up' }
    const request = openaiChat.decodeRequest({ model: 'm', messages }, envelope)
    expect(encode(request).body.messages).toEqual(messages)
    const other = encode(request, { ...to('m'), issuer: 'other' })
    expect(other.body.messages).toEqual([{ role: 'assistant', content: 'a', reasoning: 'hm' }])
    expect(other.losses).toHaveLength(1)
  })
})

describe('parameters', () => {
  test.each<[string, Partial<ConversationRequest>, Addressee, JsonObject, string[]]>([
    ['the cap', { sampling: { maxOutputTokens: 9 } }, to('m'), { max_tokens: 9 }, []],
    [
      'the cap of a thinking model',
      { sampling: { maxOutputTokens: 9 } },
      to('openai/gpt-5'),
      { max_completion_tokens: 9 },
      [],
    ],
    [
      'the cap as the kind has it',
      { sampling: { maxOutputTokens: 9 } },
      to('m', { maxTokensField: 'max_completion_tokens' }),
      { max_completion_tokens: 9 },
      [],
    ],
    ['top_k', { sampling: { topK: 4 } }, to('m'), {}, ['top_k']],
    [
      'a thinking model takes no temperature',
      { sampling: { temperature: 0, topP: 0.5 } },
      to('o3'),
      {},
      ['temperature', 'top_p'],
    ],
    [
      'but the one it has anyway',
      { sampling: { temperature: 1 } },
      to('o3'),
      { temperature: 1 },
      [],
    ],
    [
      'four stops',
      { sampling: { stop: ['1', '2', '3', '4', '5'] } },
      to('m'),
      { stop: ['1', '2', '3', '4'] },
      ['stop'],
    ],
    ['effort', { thinking: { effort: 'max' } }, to('m'), { reasoning_effort: 'xhigh' }, []],
    ['effort of its own choice', { thinking: { effort: 'auto' } }, to('m'), {}, []],
    ['a budget', { thinking: { budgetTokens: 9_000 } }, to('m'), { reasoning_effort: 'high' }, []],
    [
      'a model that does not think',
      { thinking: { effort: 'low' } },
      to('gpt-4o'),
      {},
      ['thinking'],
    ],
    [
      'OpenRouter',
      { thinking: { budgetTokens: 9_000 } },
      to('m', { thinkingField: 'reasoning' }),
      { reasoning: { max_tokens: 9_000 } },
      [],
    ],
    [
      'Z.ai',
      { thinking: { effort: 'none' } },
      to('m', { thinkingField: 'thinking' }),
      { thinking: { type: 'disabled' } },
      [],
    ],
    [
      'Qwen',
      { thinking: { effort: 'low' } },
      to('m', { thinkingField: 'enable_thinking' }),
      { enable_thinking: true },
      [],
    ],
    [
      'nobody',
      { thinking: { effort: 'low' } },
      to('m', { thinkingField: 'none' }),
      {},
      ['thinking'],
    ],
    [
      'JSON',
      { format: { type: 'json' } },
      to('m'),
      { response_format: { type: 'json_object' } },
      [],
    ],
    [
      'usage is asked for',
      {},
      to('m', {}, true),
      { stream: true, stream_options: { include_usage: true } },
      [],
    ],
    ['unless refused', {}, to('m', { streamUsage: false }, true), { stream: true }, []],
    [
      'refused members',
      { sampling: { seed: 1 } },
      to('m', { unsupported: ['seed'] }),
      {},
      ['seed'],
    ],
  ])('%s', (_, request, addressee, members, lost) => {
    const { body, losses } = encode(request, addressee)
    expect(body).toEqual({ model: addressee.model, messages: [], ...members })
    expect(losses).toEqual(lost)
  })
})

describe('tools', () => {
  const _tool = (name: string) => ({
    type: 'function' as const,
    name,
    parameters: { type: 'object' },
  })

  test('without tools nothing is said about them', () => {
    const { body } = encode({ toolChoice: { mode: 'required' }, parallelTools: false })
    expect(Object.keys(body)).toEqual(['model', 'messages'])
  })

  test('a tool of another service is a loss', () => {
    const wire = { type: 'web_search_20250305', name: 'web_search' }
    const { body, losses } = encode({ tools: [{ type: 'server', protocol: 'anthropic', wire }] })
    expect(body.tools).toBeUndefined()
    expect(losses).toEqual(['tools[0]'])
  })
})

describe('what this protocol’s own clients write is understood', () => {
  const decode = (body: JsonObject) => openaiChat.decodeRequest(body, { model: 'm', stream: false })

  test('leading system and developer messages are the system, later ones stay', () => {
    const { system, messages } = decode({
      messages: [
        { role: 'developer', content: 'a' },
        {
          role: 'system',
          content: [{ type: 'text', text: 'b', cache_control: { type: 'ephemeral', ttl: '1h' } }],
        },
        { role: 'user', content: 'c' },
        { role: 'system', content: 'd' },
      ],
    })
    expect(system).toMatchObject([{ text: 'a' }, { text: 'b', cache: { ttl: '1h' } }])
    expect(messages.map(({ role }) => role)).toEqual(['user', 'system'])
  })

  test('calls from before there were ids pair with their results', () => {
    const once = [
      { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{}' } },
      { role: 'function', name: 'f', content: '1' },
    ]
    const { messages } = decode({ messages: [{ role: 'user', content: 'q' }, ...once, ...once] })
    const ids = messages.flatMap(({ parts }) =>
      parts.flatMap(part => (part.type === 'tool-call' ? [part.id] : [])),
    )
    const answered = messages.flatMap(({ parts }) =>
      parts.flatMap(part => (part.type === 'tool-result' ? [part.callId] : [])),
    )
    expect(answered).toEqual(ids)
    expect(new Set(ids).size).toBe(2)
  })

  test.each<[string, JsonObject, unknown]>([
    ['effort', { reasoning_effort: 'low' }, { effort: 'low' }],
    ['an effort not heard of', { reasoning_effort: 'ultra' }, { effort: 'high' }],
    ['a budget', { reasoning: { max_tokens: 2_000 } }, { budgetTokens: 2_000 }],
    ['a switch', { reasoning: { enabled: true } }, { effort: 'auto' }],
    ['another switch', { thinking: { type: 'disabled' } }, { effort: 'none' }],
    ['nothing', {}, undefined],
  ])('thinking: %s', (_, members, intent) =>
    expect(decode({ messages: [], ...members }).thinking).toEqual(intent as undefined),
  )

  test.each<[string, JsonObject, JsonObject]>([
    [
      'a data URL',
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA', detail: 'low' } },
      { type: 'image', source: { from: 'base64', mediaType: 'image/png', data: 'AAAA' } },
    ],
    [
      'an odd data URL',
      { type: 'image_url', image_url: { url: 'data:image/png;name=a;base64,AAAA' } },
      { type: 'image', source: { from: 'base64', mediaType: 'image/png', data: 'AAAA' } },
    ],
    [
      'an address',
      { type: 'image_url', image_url: 'https://a.test/b.png' },
      { type: 'image', source: { from: 'url', url: 'https://a.test/b.png' } },
    ],
    [
      'audio',
      { type: 'input_audio', input_audio: { data: 'AAAA', format: 'mp3' } },
      { type: 'audio', source: { from: 'base64', mediaType: 'audio/mpeg', data: 'AAAA' } },
    ],
    [
      'a file',
      { type: 'file', file: { file_data: 'data:application/pdf;base64,AAAA', filename: 'a' } },
      { type: 'document', name: 'a' },
    ],
    [
      'a bare file',
      { type: 'file', file: { file_data: 'AAAA' } },
      { type: 'document', source: { from: 'base64', mediaType: 'application/pdf', data: 'AAAA' } },
    ],
    [
      'a file by id',
      { type: 'file', file: { file_id: 'f-1' } },
      { type: 'document', source: { from: 'file', id: 'f-1', issuer: 'openai-chat' } },
    ],
    [
      'a part unheard of',
      { type: 'hologram', x: 1 },
      { type: 'opaque', wire: { type: 'hologram', x: 1 } },
    ],
  ])('a part: %s, and it is written so again', (_, part, meaning) => {
    const body = { model: 'some-model', messages: [{ role: 'user', content: [part] }] }
    const request = decode(body)
    expect(request.messages[0]?.parts[0]).toMatchObject(meaning)
    expect(encode(request).body).toEqual(body)
  })
})

describe('tools as clients of all sorts write them', () => {
  const declared = { name: 'f', description: 'd', parameters: { type: 'object', properties: {} } }
  const custom = { name: 'f', description: 'd' }
  test.each([
    ['as documented', { type: 'function', function: declared }, 'function'],
    ['without a type', { function: declared }, 'function'],
    ['in one object', { type: 'function', ...declared }, 'function'],
    ['in one object without a type', declared, 'function'],
    ['of free text', { type: 'custom', custom }, 'custom'],
    ['of free text without a type', { custom }, 'custom'],
    ['that the service runs', { type: 'web_search' }, 'server'],
    ['that are not known', { google_search: {} }, 'server'],
  ])('%s', (_, wire, type) => {
    const body = { model: 'm', messages: [{ role: 'user', content: 'hi' }], tools: [wire] }
    const [tool] = openaiChat.decodeRequest(body, { model: 'm', stream: false }).tools
    expect(tool?.type).toBe(type as 'function')
    if (tool?.type === 'function') expect(tool).toMatchObject(declared)
  })
})

describe('results without an id', () => {
  const call = (id: string, name: string): JsonObject => ({
    id,
    type: 'function',
    function: { name, arguments: '{}' },
  })
  const result = (id: string, name?: string): JsonObject => ({
    role: 'tool',
    tool_call_id: id,
    content: 'ok',
    ...(name === undefined ? {} : { name }),
  })
  const answered = (...results: JsonObject[]): string[] => {
    const calls = {
      role: 'assistant',
      content: null,
      tool_calls: [call('', 'f'), call('', 'g'), call('c', 'f')],
    }
    const body = { model: 'm', messages: [{ role: 'user', content: 'a' }, calls, ...results] }
    const request = openaiChat.decodeRequest(body, { model: 'm', stream: false })
    const codec = codecFor('anthropic')
    if (!codec) throw new Error('no codec')
    const { wire } = codec.encodeRequest(adaptTools(request, codec.dialect).request, {
      model: 'claude-opus-4-6',
      stream: false,
      issuer: 'up',
      quirks: {},
    })
    const [, assistant, user] = objects(wire.body.messages)
    const names = new Map(objects(assistant?.content).map(({ id, name }) => [id, name]))
    expect(JSON.stringify(user)).not.toContain('earlier tool call')
    return objects(user?.content).map(
      block => `${names.get(block.tool_use_id ?? null)}${block.is_error ? ' unanswered' : ''}`,
    )
  }
  test('are those of the oldest call that waits', () => {
    expect(answered(result(''), result(''), result('c'))).toEqual(['f', 'g', 'f'])
    expect(answered(result('c'), result(''))).toEqual(['f', 'g unanswered', 'f'])
  })
  test('are those of the oldest call of their name', () => {
    expect(answered(result('', 'g'), result('', 'f'), result('', 'f'))).toEqual(['f', 'g', 'f'])
    expect(answered(result('c', 'f'), result('', 'g'))).toEqual(['f unanswered', 'g', 'f'])
  })
})
