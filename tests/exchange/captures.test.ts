import { describe, expect, test } from 'bun:test'
import { isObject, type JsonObject, type JsonValue } from '../../src/lib/json/json.ts'
import { renewedGateway } from '../support/local-gateway.ts'
import type { Wire as AnyWire } from '../support/read-reply.ts'
import { captures, sharedMissing } from '../support/shared.ts'

const ROUTES = `
version: 1
providers:
  up-anthropic: { kind: anthropic-compatible, base-url: "http://upstream.test", keys: [ k ] }
  up-chat: { kind: openai-compatible, base-url: "http://upstream.test/v1", keys: [ k ] }
force: { "*": TARGET }
logging: { level: error }
`

const PATHS = { anthropic: '/v1/messages', 'openai-chat': '/v1/chat/completions' }
type Wire = Extract<AnyWire, 'anthropic' | 'openai-chat'>

const REPLIES: Record<Wire, JsonObject> = {
  anthropic: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content: [{ type: 'text', text: 'ok' }],
    stop_reason: 'end_turn',
    usage: { input_tokens: 1, output_tokens: 1 },
  },
  'openai-chat': {
    id: 'c',
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
  },
}

const objects = (value: JsonValue | undefined): JsonObject[] =>
  Array.isArray(value) ? value.filter(isObject) : []

/** Everything in a request that a model reads, whatever members it stands in. */
function gather(body: JsonObject) {
  const found = {
    texts: [] as string[],
    images: [] as string[],
    calls: [] as string[],
    results: [] as string[],
    tools: [] as string[],
  }
  const visit = (value: JsonValue | undefined): void => {
    if (typeof value === 'string') found.texts.push(value)
    if (Array.isArray(value)) value.forEach(visit)
    if (!isObject(value)) return
    if (value.type === 'image' && isObject(value.source))
      found.images.push(String(value.source.data ?? value.source.url))
    else if (value.type === 'image_url' && isObject(value.image_url))
      found.images.push(String(value.image_url.url).replace(/^data:[^,]*,/, ''))
    else if (value.type === 'tool_use')
      found.calls.push(`${value.id} ${value.name} ${JSON.stringify(value.input)}`)
    else if (value.type === 'tool_result') {
      found.results.push(String(value.tool_use_id))
      visit(value.content)
    } else if (value.type === 'text') visit(value.text)
  }
  visit(body.system)
  for (const message of objects(body.messages)) {
    if (message.role === 'tool') found.results.push(String(message.tool_call_id))
    visit(message.content)
    for (const call of objects(message.tool_calls)) {
      const declared = isObject(call.function) ? call.function : {}
      found.calls.push(
        `${call.id} ${declared.name} ${JSON.stringify(JSON.parse(String(declared.arguments || '{}')))}`,
      )
    }
  }
  for (const tool of objects(body.tools)) {
    const declared = isObject(tool.function) ? tool.function : tool
    if (declared.input_schema || declared.parameters)
      found.tools.push(
        `${declared.name}: ${JSON.stringify(declared.input_schema ?? declared.parameters)}`,
      )
  }
  return found
}

/** A line of Claude Code for its own vendor's bills; other vendors are not sent it. */
const isBilling = (text: string): boolean => text.startsWith('x-anthropic-billing-header:')

const wires = ['anthropic', 'openai-chat'] as const

describe.skipIf(sharedMissing)('every captured request reaches the other protocol whole', () => {
  for (const wire of wires) {
    const other = wire === 'anthropic' ? 'openai-chat' : 'anthropic'
    for (const capture of captures(PATHS[wire])) {
      test(`${capture.id} to ${other}`, async () => {
        const target =
          other === 'anthropic' ? 'up-anthropic/claude-sonnet-4-5' : 'up-chat/some-model'
        const gateway = renewedGateway(ROUTES.replace('TARGET', target), () =>
          Response.json(REPLIES[other]),
        )
        const response = await gateway.call(PATHS[wire], {
          json: { ...capture.body, stream: false },
          headers: capture.headers,
        })
        if (other === 'openai-chat' && capture.id.endsWith('web-search-server-tool.json')) {
          // A search that is not made would be answered from memory.
          expect(response.status).toBe(400)
          expect(await response.text()).toContain('tools that the upstream runs itself')
          return
        }
        expect(response.status).toBe(200)
        const arrived: JsonObject = JSON.parse(gateway.received[0]?.text ?? '{}')
        const sent = gather(capture.body)
        const got = gather(arrived)
        const all = got.texts.join('\n')
        for (const text of sent.texts)
          if (text.trim() && !isBilling(text)) expect(all).toContain(text.trim())
        expect(got.images).toEqual(sent.images)
        expect(got.calls).toEqual(sent.calls)
        expect(got.results.sort()).toEqual(sent.results.sort())
        const lost = response.headers.get('x-jackfield-losses') ?? ''
        // Claude Code's placeholder means nothing to another model.
        for (const tool of sent.tools)
          if (!tool.startsWith('DeferredToolPlaceholder:')) expect(got.tools).toContain(tool)
        legal(other, arrived)
        // What is left out is named: sealed reasoning, server tools, deferred placeholders.
        for (const reason of lost.split('; ').filter(Boolean))
          expect(reason).toMatch(
            /reasoning|server tool|seal|thinking|temperature|top_p|max|does not take/,
          )
      })

      test(`${capture.id} to ${wire}: the same bytes but for the model`, async () => {
        const target = wire === 'anthropic' ? 'up-anthropic/other' : 'up-chat/other'
        const gateway = renewedGateway(ROUTES.replace('TARGET', target), () =>
          Response.json(REPLIES[wire]),
        )
        const body = JSON.stringify({ ...capture.body, stream: false }, null, 1)
        await gateway.call(PATHS[wire], { method: 'POST', body, headers: capture.headers })
        expect(gateway.received[0]?.text).toBe(
          body.replace(JSON.stringify(capture.body.model), '"other"'),
        )
        const sent = gateway.received[0]?.headers
        expect(sent?.get('user-agent')).toBe('jackfield/test')
        expect(sent?.get('authorization')).toBe('Bearer k')
        expect(sent?.get('x-api-key')).toBeNull()
        for (const name of ['anthropic-beta', 'anthropic-version']) {
          if (wire === 'anthropic' && capture.headers[name])
            expect(sent?.get(name)).toBe(capture.headers[name] ?? '')
        }
      })
    }
  }
})

/** What the real services refuse. */
function legal(wire: Wire, body: JsonObject): void {
  expect(body.tools).not.toEqual([])
  const messages = objects(body.messages)
  if (wire === 'openai-chat') {
    for (const [index, message] of messages.entries()) {
      if (message.content === '') expect(message.tool_calls).toBeDefined()
      for (const call of objects(message.tool_calls)) {
        const after = messages.slice(index + 1)
        const answered = after.slice(0, after.findIndex(({ role }) => role !== 'tool') >>> 0)
        expect(answered.map(one => one.tool_call_id)).toContain(call.id ?? null)
      }
    }
    return
  }
  expect(body.max_tokens).toBeGreaterThan(0)
  expect(messages[0]?.role).toBe('user')
  for (const [index, message] of messages.entries()) {
    expect(message.role).not.toBe(messages[index + 1]?.role ?? '')
    for (const block of objects(message.content)) {
      if (block.type === 'text') expect(String(block.text).trim()).not.toBe('')
      if (block.type !== 'tool_use') continue
      const results = objects(messages[index + 1]?.content).map(one => one.tool_use_id)
      expect(results).toContain(block.id ?? null)
    }
  }
}
