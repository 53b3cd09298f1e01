import { describe, expect, test } from 'bun:test'
import type { ProtocolId } from '../../../src/conversation/index.ts'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import { anthropic } from '../../../src/protocols/anthropic/index.ts'
import { codecFor } from '../../../src/protocols/index.ts'
import { localGateway } from '../../support/local-gateway.ts'
import { list } from '../../support/readers/seen.ts'

const ASKED = { max_tokens: 8_000, messages: [{ role: 'user', content: 'hi' }] }

function encoded(to: ProtocolId, model: string, body: JsonObject) {
  const request = anthropic.decodeRequest(body, { model: 'm', stream: false })
  const codec = codecFor(to)
  if (!codec) throw new Error(`no codec ${to}`)
  const { wire, losses } = codec.encodeRequest(request, {
    model,
    stream: false,
    issuer: 'up',
    quirks: {},
  })
  return { body: wire.body, losses: losses.map(({ path }) => path) }
}

describe('an effort without `thinking`', () => {
  const low = { ...ASKED, output_config: { effort: 'low' } }

  test('is an effort for every other protocol', () => {
    expect(encoded('openai-chat', 'gpt-5.2', low).body).toMatchObject({ reasoning_effort: 'low' })
    expect(encoded('openai-responses', 'gpt-5.2', low).body).toMatchObject({
      reasoning: { effort: 'low' },
    })
    expect(encoded('gemini', 'gemini-3-pro', low).body).toMatchObject({
      generationConfig: { thinkingConfig: { thinkingLevel: 'LOW', includeThoughts: false } },
    })
    expect(encoded('openai-chat', 'gpt-4o', low).losses).toContain('thinking')
  })

  test('stays as it is in its own protocol, also beside a forced tool', () => {
    const forced = {
      ...low,
      tools: [{ name: 'f', input_schema: { type: 'object' } }],
      tool_choice: { type: 'tool', name: 'f' },
    }
    for (const asked of [low, forced]) {
      const { body } = encoded('anthropic', 'claude-opus-4-6', asked)
      expect(body.output_config).toEqual({ effort: 'low' })
      expect(body).not.toHaveProperty('thinking')
    }
  })

  test('that is not known yet asks for plenty', () => {
    const asked = { ...ASKED, output_config: { effort: 'enormous' } }
    expect(encoded('openai-chat', 'gpt-5.2', asked).body).toMatchObject({
      reasoning_effort: 'high',
    })
    expect(encoded('anthropic', 'claude-opus-5', asked).body.output_config).toEqual({
      effort: 'enormous',
    })
  })

  test('is no invitation to send thinking blocks', () => {
    const request = anthropic.decodeRequest(low, { model: 'm', stream: false })
    const asked = { model: 'm', id: 'r', atMs: 0, request, thinking: true }
    expect(anthropic.carries(asked)).toBe(false)
    const on = { ...low, thinking: { type: 'adaptive' } }
    const open = anthropic.decodeRequest(on, { model: 'm', stream: false })
    expect(anthropic.carries({ ...asked, request: open })).toBe(true)
  })

  test('what else the output is to be is named as lost', () => {
    const asked = { ...ASKED, output_config: { effort: 'low', task_budget: { total: 9 } } }
    expect(encoded('openai-chat', 'gpt-5.2', asked).losses).toEqual(['output_config.task_budget'])
  })
})

const ROUTES = `
version: 1
providers:
  claude: { kind: anthropic-compatible, base-url: "http://claude.test", keys: [ k ] }
  google: { kind: gemini, base-url: "http://google.test", keys: [ k ] }
models:
  budget: claude/claude-sonnet-4-5
  adaptive: claude/claude-opus-4-6
  other: google/gemini-2.5-pro
policy: { request-retry: 0 }
logging: { level: error }
`

/** A tool loop whose steps are answered by the given models; what Claude was sent at each of its own. */
async function loop(models: string[], thinking: JsonObject): Promise<JsonObject[]> {
  let calls = 0
  const sent: JsonObject[] = []
  const gateway = localGateway(ROUTES, ({ url, text }) => {
    calls++
    if (url.includes('google')) {
      const call = { functionCall: { name: 't', args: {} }, thoughtSignature: 'Zm9v' }
      const parts = [{ text: 'thought', thought: true }, call]
      return Response.json({
        candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP' }],
      })
    }
    const body = JSON.parse(text) as JsonObject
    sent.push(body)
    return Response.json({
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'm',
      content: [
        ...(body.thinking ? [{ type: 'thinking', thinking: 'hm', signature: 'c2ln' }] : []),
        { type: 'tool_use', id: `toolu_${calls}`, name: 't', input: {} },
      ],
      stop_reason: 'tool_use',
      usage: { input_tokens: 1, output_tokens: 1 },
    })
  })
  const messages: JsonObject[] = [{ role: 'user', content: 'go' }]
  for (const model of models) {
    if (model === 'user interrupts') {
      messages.push({ role: 'user', content: 'go on' })
      continue
    }
    if (model === 'user speaks') {
      const reply = { role: 'assistant', content: [{ type: 'text', text: 'done' }] }
      messages.push(reply, { role: 'user', content: 'go on' })
      continue
    }
    const response = await gateway.call('/v1/messages', {
      json: {
        model,
        max_tokens: 8_000,
        tools: [{ name: 't', input_schema: { type: 'object', properties: {} } }],
        thinking,
        messages,
      },
    })
    expect(response.status).toBe(200)
    const { content } = (await response.json()) as JsonObject
    const results = list(content).flatMap(({ type, id }) =>
      type === 'tool_use' ? [{ type: 'tool_result', tool_use_id: id ?? '', content: 'ok' }] : [],
    )
    messages.push({ role: 'assistant', content: content ?? [] }, { role: 'user', content: results })
  }
  return sent
}

describe('a tool loop that another model began', () => {
  const budget = { type: 'enabled', budget_tokens: 1_024 }

  test('is gone on with without thinking to its end by a model with budgets', async () => {
    const sent = await loop(
      ['other', 'budget', 'budget', 'budget', 'user speaks', 'budget', 'budget'],
      budget,
    )
    expect(sent.map(body => body.thinking)).toEqual([
      undefined,
      undefined,
      undefined,
      budget,
      budget,
    ])
  })

  test('is still that loop where the user speaks beside a result', async () => {
    const sent = await loop(['other', 'user interrupts', 'budget'], budget)
    expect(sent.map(body => body.thinking)).toEqual([undefined])
  })

  test('keeps its thinking with a model that decides itself when to think', async () => {
    for (const asked of [{ type: 'adaptive' }, budget]) {
      const sent = await loop(['other', 'adaptive', 'adaptive'], asked)
      for (const body of sent) expect(body.thinking).toEqual({ type: 'adaptive' })
    }
  })

  test('of its own keeps it, whatever came before the user spoke', async () => {
    const sent = await loop(['other', 'user speaks', 'budget', 'budget', 'budget'], budget)
    for (const body of sent) expect(body.thinking).toEqual(budget)
  })
})
