import { describe, expect, test } from 'bun:test'
import type { JsonObject, JsonValue } from '../../src/lib/json/json.ts'
import { codexRules } from '../../src/providers/codex-rules.ts'

const INPUT: JsonObject[] = [{ type: 'message', id: 'msg_1', role: 'user', content: 'hi' }]
const TOOL = { type: 'function', name: 'look', parameters: {} }
const INCLUDE = ['reasoning.encrypted_content']
/** As the backend's own client sends it; nothing in it is changed. */
const FITTING: JsonObject = {
  model: 'm',
  instructions: '',
  input: INPUT,
  stream: true,
  store: false,
  include: INCLUDE,
}
const THOUGHT = { type: 'reasoning', id: 'rs_1', summary: [] }
const WORDS = [{ type: 'summary_text', text: 'so' }]

type Row = [
  what: string,
  more: JsonObject,
  members: Record<string, JsonValue | undefined>,
  lost?: string[],
]

describe('what is changed', () => {
  test.each<Row>([
    ['nothing that fits', {}, {}],
    ['no tools that fit', { tools: [TOOL], parallel_tool_calls: true }, {}],
    ['a request that is whole', { stream: false, store: true }, { stream: true, store: false }],
    ['what else is included', { include: ['x', ...INCLUDE] }, { include: INCLUDE }, ['include']],
    ['tools without a word on parallel calls', { tools: [TOOL] }, { parallel_tool_calls: true }],
    [
      'single calls',
      { tools: [TOOL], parallel_tool_calls: false },
      { parallel_tool_calls: true },
      ['parallel_tool_calls'],
    ],
    [
      'parallel calls of no tools',
      { parallel_tool_calls: true },
      { parallel_tool_calls: undefined },
    ],
    [
      'single calls of tools in the input',
      { parallel_tool_calls: false, input: [{ type: 'additional_tools', tools: [TOOL] }] },
      {},
    ],
    [
      'a search in preview, offered and chosen',
      {
        tools: [{ type: 'web_search_preview_2025_03_11', size: 1 }],
        tool_choice: { type: 'web_search_preview' },
        parallel_tool_calls: true,
      },
      { tools: [{ type: 'web_search', size: 1 }], tool_choice: { type: 'web_search' } },
    ],
    [
      'sampling and limits',
      { temperature: 1, top_p: 0.5, max_output_tokens: 9 },
      { temperature: undefined, top_p: undefined, max_output_tokens: undefined },
      ['max_output_tokens', 'temperature', 'top_p'],
    ],
    ['who asks', { user: 'u' }, { user: undefined }, ['user']],
    ['the fast tier', { service_tier: 'fast' }, { service_tier: 'priority' }],
    ['not the tier with priority', { service_tier: 'priority' }, {}],
    ['the default tier', { service_tier: 'auto' }, { service_tier: undefined }],
    ['another tier', { service_tier: 'flex' }, { service_tier: undefined }, ['service_tier']],
    [
      'options of a stream',
      { stream_options: { include_usage: true, reasoning_summary_delivery: 'x' } },
      { stream_options: { reasoning_summary_delivery: 'x' } },
    ],
    ['other options', { stream_options: { a: 1 } }, { stream_options: undefined }],
    ['not the option that is taken', { stream_options: { reasoning_summary_delivery: 'x' } }, {}],
    [
      'a text as input',
      { input: 'hi' },
      {
        input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hi' }] }],
      },
    ],
    [
      'the role of a system message',
      { input: [{ role: 'system', content: 's' }, ...INPUT] },
      { input: [{ role: 'developer', content: 's' }, ...INPUT] },
    ],
    [
      'ids of other services',
      {
        input: [
          { type: 'function_call', id: 'call_1', call_id: 'call_1', name: 'look' },
          { type: 'message', id: `msg_${'x'.repeat(64)}`, role: 'user', content: 'hi' },
        ],
      },
      {
        input: [
          { type: 'function_call', call_id: 'call_1', name: 'look' },
          { type: 'message', role: 'user', content: 'hi' },
        ],
      },
    ],
    ['a thought that is stored elsewhere', { input: [THOUGHT] }, { input: [] }, ['input[0]']],
    [
      'the id of a thought that is not sealed',
      { input: [{ ...THOUGHT, summary: WORDS }] },
      { input: [{ type: 'reasoning', summary: WORDS }] },
    ],
    ['no thought that is sealed', { input: [{ ...THOUGHT, encrypted_content: 'sealed' }] }, {}],
    [
      'a breakpoint of the cache',
      {
        input: [
          {
            role: 'user',
            content: [{ type: 'input_text', text: 'a', prompt_cache_breakpoint: {} }],
          },
        ],
      },
      { input: [{ role: 'user', content: [{ type: 'input_text', text: 'a' }] }] },
      ['input[0].content.prompt_cache_breakpoint'],
    ],
  ])('%s', (_, more, members, lost = []) => {
    const changes = codexRules.changes({ ...FITTING, ...more }, 'generate')
    expect(changes.members).toStrictEqual(members)
    expect(changes.losses.map(({ path }) => path)).toEqual(lost)
  })

  test('instructions are there, if empty', () => {
    const { instructions: _, ...without } = FITTING
    expect(codexRules.changes(without, 'generate').members).toEqual({ instructions: '' })
  })

  test('a compaction is no stream, and has nothing to store', () => {
    expect(codexRules.changes(FITTING, 'compact').members).toStrictEqual({
      stream: undefined,
      store: undefined,
      include: undefined,
    })
  })
})

describe('whether the bytes of a client go up', () => {
  test.each<[string, JsonObject, boolean]>([
    ['as its own client sends them', {}, true],
    ['with members to change', { temperature: 1 }, true],
    ['a whole reply', { stream: false }, false],
    ['a response to store', { store: true }, false],
    ['a response before it', { previous_response_id: 'resp_1' }, false],
    ['a conversation', { conversation: 'conv_1' }, false],
    ['an item that is stored', { input: [{ type: 'item_reference', id: 'x' }] }, false],
    ['a long name', { tools: [{ ...TOOL, name: 'x'.repeat(65) }] }, false],
    ['an odd name', { tools: [{ ...TOOL, name: 'a.b' }] }, false],
    ['a name twice', { tools: [TOOL, TOOL] }, false],
    ['a long call id', { input: [{ type: 'function_call', call_id: 'x'.repeat(65) }] }, false],
  ])('%s', (_, more, passes) => {
    expect(codexRules.passes({ ...FITTING, ...more }, 'generate')).toBe(passes)
  })

  test('a compaction goes up without being a stream', () => {
    expect(codexRules.passes({ model: 'm', input: INPUT }, 'compact')).toBe(true)
  })
})
