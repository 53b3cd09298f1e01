import { describe, expect, test } from 'bun:test'
import {
  effortFor,
  fitThinking,
  type ThinkingIntent,
  thinkingSupport,
} from '../../../src/conversation/index.ts'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import { localGateway } from '../../support/local-gateway.ts'

/** What a model is asked for when a client asks for that. */
const FITS: readonly (readonly [
  model: string,
  asked: ThinkingIntent,
  got: ThinkingIntent | undefined,
])[] = [
  ['gpt-5.2', { effort: 'max' }, { effort: 'xhigh' }],
  ['gpt-5.2', { effort: 'none' }, { effort: 'none' }],
  ['gpt-5', { effort: 'none' }, { effort: 'minimal' }],
  ['gpt-5', { budgetTokens: 20_000 }, { effort: 'high' }],
  ['gpt-5.1-codex', { effort: 'xhigh' }, { effort: 'high' }],
  ['gpt-4o', { effort: 'high' }, undefined],
  ['o3', { effort: 'minimal' }, { effort: 'low' }],
  ['gemini-2.5-pro', { effort: 'none' }, { budgetTokens: 128 }],
  ['gemini-2.5-pro', { budgetTokens: 1_000_000 }, { budgetTokens: 32_768 }],
  ['gemini-2.5-flash', { effort: 'none' }, { effort: 'none' }],
  ['gemini-2.5-flash-lite', { budgetTokens: 100 }, { budgetTokens: 512 }],
  ['gemini-3-pro-preview', { effort: 'medium' }, { effort: 'low' }],
  ['gemini-3-flash-preview', { effort: 'auto' }, { effort: 'auto' }],
  ['claude-3-5-haiku', { effort: 'high' }, undefined],
  ['claude-sonnet-4-5', { budgetTokens: 500 }, { budgetTokens: 1_024 }],
  ['claude-opus-5', { effort: 'minimal' }, { effort: 'low' }],
  ['nobody-knows-it', { effort: 'max' }, { effort: 'max' }],
  ['openai/gpt-5', { effort: 'max' }, { effort: 'high' }],
]

describe('how much a model can think', () => {
  for (const [model, asked, got] of FITS)
    test(`${model}: ${JSON.stringify(asked)}`, () =>
      expect(fitThinking(asked, thinkingSupport(model))).toEqual(got as ThinkingIntent))

  test('budgets are worth an effort', () => {
    expect([-1, 0, 512, 1_024, 8_192, 24_576, 100_000].map(effortFor)).toEqual([
      'auto',
      'none',
      'minimal',
      'low',
      'medium',
      'high',
      'xhigh',
    ])
  })
})

const ROUTES = `
version: 1
providers:
  claude: { kind: anthropic, base-url: "http://claude.test", keys: [ k ], models: [ claude-sonnet-4-5, claude-opus-5 ] }
  google: { kind: gemini, base-url: "http://google.test", keys: [ k ] }
  open: { kind: openai, base-url: "http://open.test/v1", keys: [ k ] }
  own: { kind: openai-compatible, base-url: "http://own.test/v1", keys: [ k ], models: [ { name: thinker, thinking: [ low, high ] } ] }
models:
  sonnet: claude/claude-sonnet-4-5
  opus: claude/claude-opus-5
  flash: google/gemini-2.5-flash
  pro: google/gemini-3-pro-preview
  gpt: open/gpt-5.2
  old: open/gpt-4o
  thinker: own/thinker
policy: { request-retry: 0 }
logging: { level: error }
`

/** The request's member that says how much to think, as it arrives. */
async function arrived(
  model: string,
  asked: JsonObject,
): Promise<{ body: JsonObject; losses: string | null }> {
  const gateway = localGateway(ROUTES, () => Response.json({}))
  const response = await gateway.call('/v1/chat/completions', {
    json: { model, max_tokens: 30_000, messages: [{ role: 'user', content: 'x' }], ...asked },
  })
  return {
    body: JSON.parse(gateway.received[0]?.text ?? '{}') as JsonObject,
    losses: response.headers.get('x-jackfield-losses'),
  }
}

describe('the same wish in every protocol', () => {
  test('adaptive where the model decides, a budget where it wants one', async () => {
    expect((await arrived('opus', { reasoning_effort: 'high' })).body).toMatchObject({
      thinking: { type: 'adaptive' },
      output_config: { effort: 'high' },
    })
    expect((await arrived('sonnet', { reasoning_effort: 'high' })).body).toMatchObject({
      thinking: { type: 'enabled', budget_tokens: 24_576 },
    })
    expect((await arrived('flash', { reasoning_effort: 'low' })).body).toMatchObject({
      generationConfig: { thinkingConfig: { thinkingBudget: 1_024, includeThoughts: true } },
    })
    expect((await arrived('pro', { reasoning_effort: 'high' })).body).toMatchObject({
      generationConfig: { thinkingConfig: { thinkingLevel: 'HIGH' } },
    })
  })

  test('off', async () => {
    expect((await arrived('flash', { reasoning_effort: 'none' })).body).toMatchObject({
      generationConfig: { thinkingConfig: { thinkingBudget: 0, includeThoughts: false } },
    })
    expect((await arrived('opus', { reasoning_effort: 'none' })).body).toMatchObject({
      thinking: { type: 'disabled' },
    })
  })

  test('a suffix of the name goes before what the client said', async () => {
    expect((await arrived('opus(low)', { reasoning_effort: 'high' })).body).toMatchObject({
      output_config: { effort: 'low' },
    })
    expect((await arrived('flash(2048)', {})).body).toMatchObject({
      generationConfig: { thinkingConfig: { thinkingBudget: 2_048 } },
    })
  })

  test('what a model cannot is asked for less, and told', async () => {
    const gateway = localGateway(ROUTES, () => Response.json({}))
    await gateway.call('/v1/messages', {
      json: {
        model: 'thinker',
        max_tokens: 30_000,
        thinking: { type: 'adaptive' },
        output_config: { effort: 'max' },
        messages: [{ role: 'user', content: 'x' }],
      },
    })
    expect(JSON.parse(gateway.received[0]?.text ?? '{}')).toMatchObject({
      reasoning_effort: 'high',
    })
    const refused = localGateway(ROUTES, () =>
      Response.json({
        id: 'r',
        object: 'response',
        status: 'completed',
        model: 'm',
        output: [],
        usage: {},
      }),
    )
    const response = await refused.call('/v1/messages', {
      json: {
        model: 'old',
        max_tokens: 30_000,
        thinking: { type: 'enabled', budget_tokens: 4_000 },
        messages: [{ role: 'user', content: 'x' }],
      },
    })
    expect(JSON.parse(refused.received[0]?.text ?? '{}').reasoning).toBeUndefined()
    expect(response.headers.get('x-jackfield-losses')).toContain('gpt-4o does not think')
    expect(response.headers.get('x-jackfield-losses')).toContain('gpt-4o gives at most 16384')
  })
})
