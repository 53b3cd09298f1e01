import { expect, test } from 'bun:test'
import type { ConversationRequest, Part, Tool } from '../../src/conversation/index.ts'
import { type Ability, needsOf, offeredTo } from '../../src/conversation/needs.ts'

const BASE: ConversationRequest = {
  system: [],
  messages: [],
  tools: [],
  toolChoice: { mode: 'auto' },
  sampling: {},
  format: { type: 'text' },
}
const FUNCTION: Tool = { type: 'function', name: 'f', parameters: { type: 'object' } }
const SERVER: Tool = {
  type: 'server',
  protocol: 'anthropic',
  wire: { type: 'web_search_20250305', name: 'web_search' },
}
const IMAGE: Part = {
  type: 'image',
  source: { from: 'base64', mediaType: 'image/png', data: 'AA==' },
}
const user = (...parts: Part[]): Pick<ConversationRequest, 'messages'> => ({
  messages: [{ role: 'user', parts }],
})
const result = (...parts: Part[]): Part => ({
  type: 'tool-result',
  callId: 'c',
  parts,
  failed: false,
  runsOn: 'client',
})

test.each<[string, Partial<ConversationRequest>, Ability[], Ability[]]>([
  ['nothing but text', user({ type: 'text', text: 'x' }), [], []],
  ['an image', user(IMAGE), ['images'], []],
  ['an image in a result', user(result(IMAGE)), ['images'], []],
  ['a tool of the client', { tools: [FUNCTION] }, ['tools'], []],
  ['tools that are not to be called', { tools: [FUNCTION], toolChoice: { mode: 'none' } }, [], []],
  ['parallel calls', { tools: [FUNCTION], parallelTools: true }, ['tools'], ['parallel-tools']],
  ['parallel calls of no tool', { parallelTools: true }, [], []],
  ['a tool of the upstream beside others', { tools: [FUNCTION, SERVER] }, ['tools'], []],
  ['a tool of the upstream alone', { tools: [SERVER] }, ['server-tools'], []],
  [
    'a tool of the upstream by its name',
    { tools: [FUNCTION, SERVER], toolChoice: { mode: 'tool', name: 'web_search' } },
    ['tools', 'server-tools'],
    [],
  ],
  [
    'another one by its name',
    { tools: [FUNCTION, SERVER], toolChoice: { mode: 'tool', name: 'f' } },
    ['tools'],
    [],
  ],
  ['JSON of any form', { format: { type: 'json' } }, [], []],
  [
    'JSON by a schema',
    { format: { type: 'json', schema: { type: 'object' } } },
    ['structured-output'],
    [],
  ],
])('%s', (_, request, must, wish) => {
  const needs = needsOf({ ...BASE, ...request })
  expect([[...needs.must], [...needs.wish]]).toEqual([must, wish])
  expect(needs.serverTools.length > 0).toBe(needs.must.has('server-tools'))
})

test('a tool for models of one protocol is offered to those only', () => {
  const own: Tool = { ...FUNCTION, name: 'own', only: 'anthropic' }
  const request = { ...BASE, tools: [FUNCTION, own] }
  expect(offeredTo('anthropic', request)).toBe(request)
  expect(offeredTo('gemini', request).tools).toEqual([FUNCTION])
})
