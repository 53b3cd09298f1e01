import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../src/lib/json/json.ts'
import type { Loss } from '../../src/protocols/codec.ts'
import { codecFor } from '../../src/protocols/index.ts'
import { renewedGateway, streamOf } from '../support/local-gateway.ts'
import type { Wire } from '../support/read-reply.ts'
import { ENDING, FIRST, OPENING } from '../support/replies.ts'
import { MODELS, pathOf, question, ROUTES, WIRES } from '../support/wires.ts'

const SCHEMA = { type: 'object', properties: {} }
const TOOLS: Record<Wire, JsonObject> = {
  anthropic: { tools: [{ name: 'read', input_schema: SCHEMA }] },
  'openai-chat': { tools: [{ type: 'function', function: { name: 'read', parameters: SCHEMA } }] },
  'openai-responses': { tools: [{ type: 'function', name: 'read', parameters: SCHEMA }] },
  gemini: { tools: [{ functionDeclarations: [{ name: 'read', parameters: SCHEMA }] }] },
}
const TWO = [{ type: 'function', name: 'read' }]

/** What clients write that is not known, or has no form elsewhere; the path and what it names. */
const MISREAD: [Wire, JsonObject, string, string][] = [
  ['openai-chat', { tool_choice: 'bogus' }, 'tool_choice', '"bogus"'],
  ['openai-chat', { tool_choice: { type: 'bogus' } }, 'tool_choice', '"bogus"'],
  [
    'openai-chat',
    { tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: TWO } } },
    'tool_choice.allowed_tools',
    'the other tools may be called',
  ],
  [
    'openai-chat',
    { reasoning_effort: 'bogus' },
    'reasoning_effort',
    '"bogus" has no equivalent; high',
  ],
  ['openai-chat', { response_format: { type: 'bogus' } }, 'response_format.type', '"bogus"'],
  ['anthropic', { tool_choice: { type: 'bogus' } }, 'tool_choice.type', '"bogus"'],
  [
    'anthropic',
    { thinking: { type: 'adaptive' }, output_config: { effort: 'bogus' } },
    'output_config.effort',
    '"bogus" has no equivalent; high',
  ],
  ['anthropic', { output_config: { effort: 'bogus' } }, 'output_config.effort', '"bogus"'],
  ['openai-responses', { tool_choice: 'bogus' }, 'tool_choice', '"bogus"'],
  ['openai-responses', { tool_choice: { type: 'file_search' } }, 'tool_choice', '"file_search"'],
  [
    'openai-responses',
    { tool_choice: { type: 'allowed_tools', mode: 'required', tools: TWO } },
    'tool_choice.tools',
    'the other tools may be called',
  ],
  ['openai-responses', { reasoning: { effort: 'bogus' } }, 'reasoning.effort', '"bogus"'],
  ['openai-responses', { text: { format: { type: 'bogus' } } }, 'text.format.type', '"bogus"'],
  [
    'gemini',
    { toolConfig: { functionCallingConfig: { mode: 'BOGUS' } } },
    'toolConfig.functionCallingConfig.mode',
    '"BOGUS"',
  ],
  [
    'gemini',
    {
      toolConfig: {
        functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['read', 'write'] },
      },
    },
    'toolConfig.functionCallingConfig.allowedFunctionNames',
    'the other functions may be called',
  ],
  [
    'gemini',
    { generationConfig: { thinkingConfig: { thinkingLevel: 'BOGUS' } } },
    'generationConfig.thinkingConfig.thinkingLevel',
    '"BOGUS" has no equivalent; high',
  ],
  [
    'gemini',
    { generationConfig: { responseMimeType: 'text/x.enum' } },
    'generationConfig.responseMimeType',
    '"text/x.enum"',
  ],
]

function lossesOf(from: Wire, more: JsonObject, to: Wire): readonly Loss[] {
  const [reader, writer] = [codecFor(from), codecFor(to)]
  if (!reader || !writer) throw new Error('no codec')
  const body = { ...question(from, 'm', false), ...TOOLS[from], ...more }
  const request = reader.decodeRequest(body, { model: 'm', stream: false })
  return writer.encodeRequest(request, { model: 'm', stream: false, issuer: 'up', quirks: {} })
    .losses
}

describe.each(MISREAD)('%s %j', (client, more, path, words) => {
  const others = WIRES.filter(wire => wire !== client)

  test('is named once to upstreams of other protocols', () => {
    for (const upstream of others) {
      const named = lossesOf(client, more, upstream).filter(loss => loss.path === path)
      expect(named.map(({ reason }) => reason)).toEqual([expect.stringContaining(words)])
    }
  })

  test('goes to an upstream of its own protocol as it is', () => {
    expect(lossesOf(client, more, client)).toEqual([])
  })

  test('is named in the header of the reply', async () => {
    const [upstream = client] = others
    const gateway = renewedGateway(ROUTES, () =>
      streamOf([...OPENING[upstream], ...FIRST[upstream], ...ENDING[upstream]]),
    )
    const model = MODELS[upstream]
    const { headers } = await gateway.call(pathOf(client, model, true), {
      json: { ...question(client, model, true), ...TOOLS[client], ...more },
    })
    expect(headers.get('x-jackfield-losses')).toContain(`${path}: `)
  })
})

test.each([
  ['whole', '😀', '%F0%9F%98%80'],
  ['cut in half', `${'x'.repeat(58)}😀`, '%EF%BF%BD'],
  ['half', '\ud83d', 'd83d'],
])('a word with a character beyond 16 bits (%s) is named, too', async (_, word, escaped) => {
  const gateway = renewedGateway(ROUTES, () =>
    streamOf([...OPENING.anthropic, ...FIRST.anthropic, ...ENDING.anthropic]),
  )
  const model = MODELS.anthropic
  const { status, headers } = await gateway.call(pathOf('openai-chat', model, true), {
    json: { ...question('openai-chat', model, true), tool_choice: word },
  })
  expect(status).toBe(200)
  expect(headers.get('x-jackfield-losses')).toContain(escaped)
})

/** What is known is no loss. */
const KNOWN: [Wire, JsonObject][] = [
  ['openai-chat', { tool_choice: 'auto', response_format: { type: 'text' } }],
  ['openai-chat', { tool_choice: 'required' }],
  ['openai-chat', { reasoning_effort: 'low' }],
  ['openai-chat', { tool_choice: { type: 'function', function: { name: 'read' } } }],
  ['openai-chat', { tool_choice: null, response_format: null }],
  ['openai-responses', { tool_choice: { type: 'function', name: 'read' } }],
  ['openai-responses', { tool_choice: 'none', text: { format: { type: 'text' } } }],
  ['anthropic', { tool_choice: { type: 'auto' }, output_config: { effort: 'low' } }],
  ['gemini', { toolConfig: { functionCallingConfig: { mode: 'AUTO' } } }],
  ['gemini', { toolConfig: { functionCallingConfig: { mode: 1 } } }],
  ['gemini', { toolConfig: { functionCallingConfig: {} } }],
  ['gemini', { generationConfig: { responseMimeType: 'text/plain' } }],
]

test.each(KNOWN)('%s %j is understood', (client, more) => {
  for (const upstream of WIRES) expect(lossesOf(client, more, upstream)).toEqual([])
})
