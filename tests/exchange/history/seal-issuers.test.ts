import { describe, expect, test } from 'bun:test'
import { createSealIssuers } from '../../../src/exchange/history/seal-issuers.ts'
import { localGateway, streamOf } from '../../support/local-gateway.ts'

const ROUTES = `
version: 1
providers:
  a: { kind: anthropic-compatible, base-url: "http://a.test", keys: [ k ] }
  b: { kind: anthropic-compatible, base-url: "http://b.test", keys: [ k ] }
  x: { kind: openai-responses-compatible, base-url: "http://x.test/v1", keys: [ k ] }
  y: { kind: openai-responses-compatible, base-url: "http://y.test/v1", keys: [ k ] }
models: { a: a/claude-sonnet-4-5, b: b/claude-sonnet-4-5, x: x/gpt-5, y: y/gpt-5 }
policy: { request-retry: 0 }
`
type Asked = { at: string; seals: string[] }

/** Upstreams that seal in their own name; the strict ones refuse every other name. */
function upstreams(strict: string, streamed = false) {
  const asked: Asked[] = []
  let made = 0
  const gateway = localGateway(ROUTES, ({ url, text }) => {
    const at = new URL(url).hostname[0] ?? ''
    const seals = [...text.matchAll(/(?:signature|encrypted_content)":"(\w)-/g)].map(m => m[1]!)
    asked.push({ at, seals })
    if (strict.includes(at) && seals.some(seal => seal !== at)) {
      const message = 'Invalid `signature` in `thinking` block: encrypted content is not ours'
      return Response.json(
        { type: 'error', error: { type: 'invalid_request_error', message } },
        { status: 400 },
      )
    }
    const seal = `${at}-${'0123456789abcdef'.repeat(20)}-${made++}`.replace(/-0/, `-${made}x`)
    return 'ab'.includes(at) ? message(seal, streamed) : response(seal)
  })
  return { gateway, asked }
}

function message(signature: string, streamed: boolean): Response {
  const head = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', usage: {} }
  const content = [
    { type: 'thinking', thinking: 'hm', signature },
    { type: 'text', text: 'ok' },
  ]
  if (!streamed) return Response.json({ ...head, content, stop_reason: 'end_turn' })
  const text = [
    { type: 'message_start', message: { ...head, content: [] } },
    { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'hm' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature } },
    { type: 'content_block_stop', index: 0 },
    { type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'ok' } },
    { type: 'content_block_stop', index: 1 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: {} },
    { type: 'message_stop' },
  ]
    .map(event => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
    .join('')
  return streamOf(text.match(/[\s\S]{1,100}/g) ?? [])
}

function response(encrypted_content: string): Response {
  return Response.json({
    id: 'resp_1',
    object: 'response',
    status: 'completed',
    model: 'm',
    output: [
      { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content },
      {
        type: 'message',
        id: 'msg_1',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: 'ok', annotations: [] }],
      },
    ],
    usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 },
  })
}

/** One conversation, each turn asked of another model; gives what each turn's upstreams saw. */
async function converse(world: ReturnType<typeof upstreams>, models: string, streamed = false) {
  const messages: object[] = []
  const input: object[] = []
  const turns: string[] = []
  for (const model of models) {
    const from = world.asked.length
    const say = { role: 'user', content: 'go on' }
    messages.push(say)
    input.push({ type: 'message', ...say })
    if ('ab'.includes(model)) {
      const reply = await world.gateway.call('/v1/messages', {
        json: {
          model,
          max_tokens: 4096,
          stream: streamed,
          thinking: { type: 'enabled', budget_tokens: 1024 },
          messages,
        },
      })
      expect(reply.status).toBe(200)
      const text = await reply.text()
      const signature = /"signature":"([^"]+)"/.exec(text)?.[1]
      messages.push({
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'hm', signature },
          { type: 'text', text: 'ok' },
        ],
      })
    } else {
      const reply = await world.gateway.call('/v1/responses', {
        json: { model, store: false, input },
      })
      expect(reply.status).toBe(200)
      input.push(...((await reply.json()) as { output: object[] }).output)
    }
    turns.push(
      world.asked
        .slice(from)
        .map(({ at, seals }) => `${at}[${seals.join('')}]`)
        .join(' '),
    )
  }
  return turns
}

describe('two upstreams of one protocol', () => {
  test.each([false, true])(
    'that refuse each other’s seals: own ones stay, and each is asked once (stream: %p)',
    async streamed => {
      expect(await converse(upstreams('ab', streamed), 'aabaaab', streamed)).toEqual([
        'a[]',
        'a[a]',
        'b[aa] b[]',
        'a[aab] a[aa]',
        'a[aaa]',
        'a[aaaa]',
        'b[b]',
      ])
    },
  )

  test('OpenAI organisations', async () => {
    expect(await converse(upstreams('xy'), 'xxyxxy')).toEqual([
      'x[]',
      'x[x]',
      'y[xx] y[]',
      'x[xxy] x[xx]',
      'x[xxx]',
      'y[y]',
    ])
  })

  test('that take each other’s seals get them all', async () => {
    expect(await converse(upstreams(''), 'aabab')).toEqual([
      'a[]',
      'a[a]',
      'b[aa]',
      'a[aab]',
      'b[aaba]',
    ])
  })

  test('what was learnt in one conversation serves the next', async () => {
    const world = upstreams('ab')
    await converse(world, 'ab')
    expect(await converse(world, 'aab')).toEqual(['a[]', 'a[a]', 'b[]'])
  })
})

describe('who refuses what', () => {
  const alice = { caller: 'alice', credential: 'b/key' }
  test('seals of unknown issuers are suspected first, own ones never', () => {
    const issuers = createSealIssuers(() => 0)
    issuers.note(1n, 'a/key')
    issuers.note(2n, 'b/key')
    expect(issuers.refused([1n, 2n, 3n], alice)).toBe(true)
    expect([1n, 2n, 3n].map(seal => issuers.refuses(seal, alice))).toEqual([false, false, true])
    expect(issuers.refused([1n, 2n, 3n], alice)).toBe(true)
    expect([1n, 2n, 3n].map(seal => issuers.refuses(seal, alice))).toEqual([true, false, true])
    expect(issuers.refused([1n, 2n, 3n], alice)).toBe(false)
  })

  test('one caller teaches nothing about another', () => {
    const issuers = createSealIssuers(() => 0)
    issuers.refused([3n], alice)
    expect(issuers.refuses(3n, { ...alice, caller: 'bob' })).toBe(false)
  })

  test('is forgotten after half a day, and never grows without bound', () => {
    let now = 0
    const issuers = createSealIssuers(() => now)
    for (let seal = 0n; seal < 120_000n; seal++) {
      issuers.note(seal, 'a/key')
      issuers.refused([seal + 1_000_000n], alice)
    }
    expect(issuers.refuses(1_000_000n, alice)).toBe(false)
    expect(issuers.refuses(1_119_999n, alice)).toBe(true)
    now += 13 * 3_600_000
    expect(issuers.refuses(1_119_999n, alice)).toBe(false)
  })
})
