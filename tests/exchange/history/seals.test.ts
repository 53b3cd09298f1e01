import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import { localGateway } from '../../support/local-gateway.ts'
import { list, object } from '../../support/readers/seen.ts'

const ROUTES = `
version: 1
providers:
  first: { kind: anthropic-compatible, base-url: "http://first.test", keys: [ k ] }
  second: { kind: anthropic-compatible, base-url: "http://second.test", keys: [ k ] }
  chat: { kind: openai-compatible, base-url: "http://chat.test/v1", keys: [ k ] }
models:
  one: first/claude-sonnet-4-5
  two: second/claude-sonnet-4-5
  said: chat/m
policy: { request-retry: 0 }
logging: { level: error }
`

const THINKING = { type: 'thinking', thinking: 'hm', signature: 'c2lnbmVk' }
const TOOLS = [{ type: 'function', name: 'f', parameters: { type: 'object', properties: {} } }]

function thinker(received: { text: string }): Response {
  const body = JSON.parse(received.text) as JsonObject
  const called = list(body.messages).some(({ content }) =>
    list(content).some(({ type }) => type === 'tool_use'),
  )
  return Response.json({
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content: called
      ? [{ type: 'text', text: 'done' }]
      : [THINKING, { type: 'tool_use', id: 'toolu_1', name: 'f', input: {} }],
    stop_reason: called ? 'end_turn' : 'tool_use',
    usage: { input_tokens: 1, output_tokens: 1 },
  })
}

const HEAD = { reasoning: { effort: 'high' }, tools: TOOLS, store: false }
const USER = { type: 'message', role: 'user', content: 'go' }

async function turns(
  upstream: (received: { text: string; url: string }) => Response,
  second: string,
) {
  const gateway = localGateway(ROUTES, upstream)
  const first = (await (
    await gateway.call('/v1/responses', { json: { model: 'one', ...HEAD, input: [USER] } })
  ).json()) as JsonObject
  const input = [
    USER,
    ...list(first.output),
    { type: 'function_call_output', call_id: 'toolu_1', output: 'ok' },
  ]
  const response = await gateway.call('/v1/responses', { json: { model: second, ...HEAD, input } })
  return { gateway, response, first }
}

describe('what is sealed', () => {
  test('goes back to who sealed it, byte for byte', async () => {
    const { gateway, response } = await turns(thinker, 'one')
    expect(response.status).toBe(200)
    const body = JSON.parse(gateway.received[1]?.text ?? '') as JsonObject
    expect(list(list(body.messages)[1]?.content)[0]).toEqual(THINKING)
  })

  test('is kept from everyone else, and said to be', async () => {
    const { gateway, response } = await turns(thinker, 'two')
    expect(response.status).toBe(200)
    expect(gateway.received[1]?.text).not.toContain('c2lnbmVk')
    expect(gateway.received[1]?.text).not.toContain('amFja2ZpZWxk')
    expect(response.headers.get('x-jackfield-losses')).toContain('sealed by another')
    // A turn with calls but without thoughts cannot be thought on.
    expect(
      object(JSON.parse(gateway.received[1]?.text ?? '') as JsonObject).thinking,
    ).toBeUndefined()
  })

  test('is no capsule to another protocol', async () => {
    const upstream = ({ url, text }: { url: string; text: string }): Response =>
      url.includes('chat.test')
        ? Response.json({
            id: 'c',
            model: 'm',
            choices: [
              { index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' },
            ],
          })
        : thinker({ text })
    const { gateway, response } = await turns(upstream, 'said')
    expect(response.status).toBe(200)
    expect(gateway.received[1]?.text).not.toContain('amFja2ZpZWxk')
    expect(gateway.received[1]?.text).not.toContain('c2lnbmVk')
  })

  test('refused all the same, it is left out and the target asked once more', async () => {
    let refusals = 0
    const upstream = (received: { text: string }): Response => {
      if (!received.text.includes('c2lnbmVk')) return thinker(received)
      refusals++
      const message = 'messages.1.content.0: Invalid `signature` in `thinking` block'
      return Response.json(
        { type: 'error', error: { type: 'invalid_request_error', message } },
        { status: 400 },
      )
    }
    const { gateway, response } = await turns(upstream, 'one')
    expect(response.status).toBe(200)
    expect(refusals).toBe(1)
    expect(gateway.received).toHaveLength(3)
    expect(response.headers.get('x-jackfield-attempts')).toBe('2')
    expect(JSON.stringify(await response.json())).toContain('done')
  })

  test('refused in the client’s own protocol, it is left out there too', async () => {
    const seen: string[] = []
    const gateway = localGateway(ROUTES, received => {
      seen.push(received.text)
      if (!received.text.includes('c2lnbmVk')) return thinker(received)
      const message = 'Invalid `signature` in `thinking` block'
      return Response.json(
        { type: 'error', error: { type: 'invalid_request_error', message } },
        { status: 400 },
      )
    })
    const response = await gateway.call('/v1/messages', {
      json: {
        model: 'one',
        max_tokens: 10_000,
        thinking: { type: 'enabled', budget_tokens: 2_000 },
        tools: [{ name: 'f', input_schema: { type: 'object' } }],
        messages: [
          { role: 'user', content: 'go' },
          {
            role: 'assistant',
            content: [THINKING, { type: 'tool_use', id: 'toolu_1', name: 'f', input: {} }],
          },
          {
            role: 'user',
            content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'ok' }],
          },
        ],
      },
    })
    expect(response.status).toBe(200)
    expect(seen).toHaveLength(2)
    expect(seen[1]).toContain('toolu_1')
  })

  test('another fault of the request is not asked again', async () => {
    const gateway = localGateway(ROUTES, () =>
      Response.json(
        {
          type: 'error',
          error: { type: 'invalid_request_error', message: 'max_tokens: too many' },
        },
        { status: 400 },
      ),
    )
    const response = await gateway.call('/v1/messages', {
      json: { model: 'one', max_tokens: 1, messages: [{ role: 'user', content: 'x' }] },
    })
    expect(response.status).toBe(400)
    expect(gateway.received).toHaveLength(1)
  })
})

test('a beta of the client goes with its field also when the request is encoded anew', async () => {
  const gateway = localGateway(ROUTES, thinker)
  await gateway.call('/v1/messages', {
    headers: {
      'anthropic-beta': 'context-management-2025-06-27',
      'anthropic-version': '2026-10-21',
    },
    json: {
      model: 'one(4096)',
      max_tokens: 10_000,
      context_management: { edits: [] },
      messages: [{ role: 'user', content: 'go' }],
    },
  })
  const sent = gateway.received[0]
  expect(sent?.headers.get('anthropic-beta')).toBe('context-management-2025-06-27')
  expect(sent?.headers.get('anthropic-version')).toBe('2026-10-21')
  expect(JSON.parse(sent?.text ?? '')).toMatchObject({
    context_management: { edits: [] },
    thinking: { type: 'enabled', budget_tokens: 4_096 },
  })
})
