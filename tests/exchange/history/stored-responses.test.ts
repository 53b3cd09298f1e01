import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import { type Received, renewedGateway } from '../../support/local-gateway.ts'
import { list, object, words } from '../../support/readers/seen.ts'
import { captures, sharedMissing } from '../../support/shared.ts'

const ROUTES = `
version: 1
providers:
  claude: { kind: anthropic-compatible, base-url: "http://claude.test", keys: [ k ] }
  native: { kind: openai, base-url: "http://native.test/v1", keys: [ k ] }
  google: { kind: gemini, base-url: "http://google.test", keys: [ k ] }
  chat: { kind: openai-compatible, base-url: "http://chat.test/v1", keys: [ k ] }
models:
  coder: claude/claude-sonnet-4-5
  own: native/gpt-5.2
  flash: google/gemini-3-flash
  plain: chat/m
policy: { request-retry: 0 }
logging: { level: error }
`

/** Says how many messages it was sent, so that a reply shows what arrived. */
function counting({ text }: Received): Response {
  const body = JSON.parse(text) as JsonObject
  return Response.json({
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content: [{ type: 'text', text: `${list(body.messages).length} messages` }],
    stop_reason: 'end_turn',
    usage: { input_tokens: 5, output_tokens: 2, cache_read_input_tokens: 3 },
  })
}

async function json(response: Response): Promise<JsonObject> {
  return (await response.json()) as JsonObject
}

function said(body: JsonObject): string {
  return list(body.output)
    .flatMap(({ content }) => list(content))
    .map(({ text }) => words(text))
    .join('')
}

describe('responses that are stored here', () => {
  const ask = (more: JsonObject): JsonObject => ({ model: 'coder', input: 'hi', ...more })

  test('follow one another', async () => {
    const gateway = renewedGateway(ROUTES, counting)
    let previous: JsonObject = {}
    for (const expected of ['1 messages', '3 messages', '5 messages']) {
      const more = previous.id ? { previous_response_id: previous.id } : {}
      const before = previous.id ?? null
      previous = await json(await gateway.call('/v1/responses', { json: ask(more) }))
      expect(previous.previous_response_id).toBe(before)
      expect(said(previous)).toBe(expected)
      expect(previous.id).toStartWith('resp_jf_')
    }
    expect(previous.usage).toMatchObject({
      input_tokens: 8,
      input_tokens_details: { cached_tokens: 3 },
      output_tokens: 2,
      total_tokens: 10,
    })
  })

  test('branch: an earlier one can be followed again', async () => {
    const gateway = renewedGateway(ROUTES, counting)
    const first = await json(await gateway.call('/v1/responses', { json: ask({}) }))
    const follow = ask({ previous_response_id: first.id ?? '' })
    await gateway.call('/v1/responses', { json: follow })
    expect(said(await json(await gateway.call('/v1/responses', { json: follow })))).toBe(
      '3 messages',
    )
  })

  test('items can be named', async () => {
    const gateway = renewedGateway(ROUTES, counting)
    const first = await json(await gateway.call('/v1/responses', { json: ask({}) }))
    const id = list(first.output)[0]?.id ?? ''
    const input = [
      { role: 'user', content: 'hi' },
      { type: 'item_reference', id },
      { role: 'user', content: 'and?' },
    ]
    const second = await json(await gateway.call('/v1/responses', { json: ask({ input }) }))
    expect(said(second)).toBe('3 messages')
    expect(gateway.received[1]?.text).toContain('1 messages')
  })

  test('only with store, only for their caller, and only what is known', async () => {
    const gateway = renewedGateway(
      `${ROUTES}\napi-keys: [ { name: ann, key: ann-key }, { name: bob, key: bob-key } ]`,
      counting,
    )
    const call = async (key: string, body: JsonObject): Promise<Response> =>
      gateway.call('/v1/responses', { json: body, headers: { authorization: `Bearer ${key}` } })
    const unstored = await json(await call('ann-key', ask({ store: false })))
    const stored = await json(await call('ann-key', ask({})))
    for (const [key, id] of [
      ['ann-key', unstored.id],
      ['bob-key', stored.id],
      ['ann-key', 'resp_jf_nobody'],
      ['ann-key', 'resp_of_another_service'],
    ] as const) {
      const response = await call(key, ask({ previous_response_id: id ?? '' }))
      expect(response.status).toBe(400)
      expect(object((await json(response)).error)).toMatchObject({
        code: 'previous_response_not_found',
        param: 'previous_response_id',
      })
    }
    const item = [{ type: 'item_reference', id: 'msg_jf_nobody' }]
    const missing = await call('ann-key', ask({ input: item }))
    expect(missing.status).toBe(400)
    expect(object((await json(missing)).error).code).toBe('item_not_found')
    const conversation = await call('ann-key', ask({ conversation: 'conv_1' }))
    expect(conversation.status).toBe(400)
    expect(await conversation.text()).toContain('previous_response_id')
  })

  test.each([
    ['response', ask({ previous_response_id: 'broken' }), 'previous_response_not_found'],
    ['item', ask({ input: [{ type: 'item_reference', id: 'broken' }] }), 'item_not_found'],
  ] as const)(
    'a stored %s that cannot be read any more counts as never stored',
    async (space, body, code) => {
      const gateway = renewedGateway(ROUTES, counting)
      for (const text of ['{"input": [', '', '5', '[]'].values()) {
        gateway.services.state.put(space, 'local', new Map([['broken', text]]))
        const response = await gateway.call('/v1/responses', { json: body })
        expect(response.status).toBe(400)
        expect(object((await json(response)).error).code).toBe(code)
      }
    },
  )

  test('that are only reasoning, and not kept, are left out with their loss named', async () => {
    const gateway = renewedGateway(ROUTES, counting)
    const call = { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' }
    const output = { type: 'function_call_output', call_id: 'c', output: 'ok' }
    const reference = { type: 'item_reference', id: 'rs_of_another_upstream' }
    const asked = await gateway.call('/v1/responses', {
      json: ask({ input: [{ role: 'user', content: 'hi' }, reference, call, output] }),
    })
    expect(asked.status).toBe(200)
    expect(said(await json(asked))).toBe('3 messages')
    expect(asked.headers.get('x-jackfield-losses')).toContain('reasoning')
  })

  test('what another service keeps is its own business', async () => {
    const gateway = renewedGateway(ROUTES, () => Response.json({ id: 'resp_2', output: [] }))
    const body = { model: 'own', input: 'hi', previous_response_id: 'resp_native' }
    await gateway.call('/v1/responses', { json: body })
    expect(JSON.parse(gateway.received[0]?.text ?? '')).toEqual({ ...body, model: 'gpt-5.2' })
    expect(gateway.received[0]?.path).toBe('/v1/responses')
  })
})

describe('a stored response by its id', () => {
  const KEYED = `${ROUTES}
api-keys: [ { name: ann, key: ann-key }, { name: bob, key: bob-key } ]`
  const ann = { authorization: 'Bearer ann-key' }
  const bob = { authorization: 'Bearer bob-key' }

  async function stored(more: JsonObject = {}) {
    const gateway = renewedGateway(KEYED, counting)
    const body = { model: 'coder', input: 'hi', ...more }
    const asked = await gateway.call('/v1/responses', { json: body, headers: ann })
    const text = await asked.text()
    const last = more.stream ? text.trim().split('data: ').at(-1) : text
    const response = JSON.parse(last ?? '') as JsonObject
    return { gateway, response: more.stream ? object(response.response) : response }
  }

  test.each([
    ['whole', {}],
    ['streamed', { stream: true }],
  ])('is given as it ended: %s', async (_, more) => {
    const { gateway, response } = await stored(more)
    const again = await gateway.call(`/v1/responses/${response.id}`, { headers: ann })
    expect(again.status).toBe(200)
    expect(await json(again)).toEqual(response)
    expect(gateway.received).toHaveLength(1)
  })

  test('belongs to its caller alone, and needs a key', async () => {
    const { gateway, response } = await stored()
    for (const [headers, status] of [
      [bob, 404],
      [{}, 401],
    ] as const)
      for (const method of ['GET', 'DELETE'])
        expect(
          (await gateway.call(`/v1/responses/${response.id}`, { method, headers })).status,
        ).toBe(status)
    expect((await gateway.call(`/v1/responses/${response.id}`, { headers: ann })).status).toBe(200)
  })

  test('deleted, neither it nor its items can be named', async () => {
    const { gateway, response } = await stored()
    const path = `/v1/responses/${response.id}`
    const gone = await gateway.call(path, { method: 'DELETE', headers: ann })
    expect(await json(gone)).toEqual({ id: response.id ?? '', object: 'response', deleted: true })
    for (const method of ['GET', 'DELETE'])
      expect((await gateway.call(path, { method, headers: ann })).status).toBe(404)
    const item = list(response.output)[0]?.id ?? ''
    for (const more of [
      { previous_response_id: response.id ?? '' },
      { input: [{ type: 'item_reference', id: item }] },
    ]) {
      const body = { model: 'coder', input: 'and?', ...more }
      expect((await gateway.call('/v1/responses', { json: body, headers: ann })).status).toBe(400)
    }
  })

  test('where it is not stored: 404 in this protocol, and why', async () => {
    const { gateway, response } = await stored({ store: false })
    for (const id of [response.id, 'resp_of_openai', 'x'.repeat(5_000), '%00', '%E0%A4%A']) {
      const missing = await gateway.call(`/v1/responses/${id}`, { headers: ann })
      expect(missing.status).toBe(404)
      const error = object((await json(missing)).error)
      expect(error).toMatchObject({ type: 'invalid_request_error', param: 'response_id' })
      expect(words(error.message)).toContain('not found')
    }
  })

  test('is not streamed again', async () => {
    const { gateway, response } = await stored()
    const path = `/v1/responses/${response.id}?stream=true`
    expect((await gateway.call(path, { headers: ann })).status).toBe(400)
  })

  test('the name of an endpoint is no id', async () => {
    const { gateway } = await stored()
    const response = await gateway.call('/v1/responses/compact', { headers: ann })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
  })
})

describe('compaction', () => {
  const input = [
    { type: 'message', role: 'user', content: 'count the files' },
    { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' },
    { type: 'function_call_output', call_id: 'c1', output: '42' },
  ]

  test('is the service’s own where it has it', async () => {
    const reply = { id: 'resp_c', object: 'response.compaction', output: [] }
    const gateway = renewedGateway(ROUTES, () => Response.json(reply))
    const response = await gateway.call('/v1/responses/compact', { json: { model: 'own', input } })
    expect(await json(response)).toEqual(reply)
    expect(gateway.received[0]?.path).toBe('/v1/responses/compact')
  })

  test('is a summary elsewhere, and reads as one in the next turn', async () => {
    const gateway = renewedGateway(ROUTES, received => {
      const asked = received.text.includes('Write a summary')
      return counting({ ...received, text: asked ? '{"messages":[]}' : received.text })
    })
    const response = await gateway.call('/v1/responses/compact', {
      json: { model: 'coder', input, tools: [{ type: 'function', name: 'f', parameters: {} }] },
    })
    const compacted = await json(response)
    expect(compacted).toMatchObject({ object: 'response.compaction', usage: { output_tokens: 2 } })
    expect(list(compacted.output).map(({ type }) => type)).toEqual(['message', 'compaction'])
    expect(JSON.parse(gateway.received[0]?.text ?? '').tools).toBeUndefined()
    for (const model of ['coder', 'plain', 'flash']) {
      await gateway.call('/v1/responses', {
        json: { model, input: [...list(compacted.output), { role: 'user', content: 'go on' }] },
      })
      const sent = gateway.received[gateway.received.length - 1]?.text ?? ''
      expect(sent).toContain('Summary of the conversation so far:')
      expect(sent).toContain('0 messages')
      expect(sent).not.toContain('encrypted_content')
    }
  })
})

describe('tokens', () => {
  test('are counted here for others', async () => {
    const gateway = renewedGateway(ROUTES, counting)
    const response = await gateway.call('/v1/responses/input_tokens', {
      json: { model: 'coder', input: 'hello there' },
    })
    expect(await json(response)).toMatchObject({
      object: 'response.input_tokens',
      input_tokens: expect.any(Number),
    })
    expect(gateway.received).toHaveLength(0)
  })

  test('and by the service where it can', async () => {
    const reply = { object: 'response.input_tokens', input_tokens: 11 }
    const gateway = renewedGateway(ROUTES, () => Response.json(reply))
    const response = await gateway.call('/v1/responses/input_tokens', {
      json: { model: 'own', input: 'hello there' },
    })
    expect(await json(response)).toEqual(reply)
    expect(gateway.received[0]?.path).toBe('/v1/responses/input_tokens')
  })
})

/** A reply that calls one tool, as each upstream says it. */
function calling(name: string, input: JsonObject): (received: Received) => Response {
  return ({ url }) => {
    if (url.includes('claude.test'))
      return Response.json({
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'm',
        content: [{ type: 'tool_use', id: 'toolu_1', name, input }],
        stop_reason: 'tool_use',
        usage: { input_tokens: 1, output_tokens: 1 },
      })
    if (url.includes('google.test'))
      return Response.json({
        candidates: [
          {
            content: { role: 'model', parts: [{ functionCall: { name, args: input } }] },
            finishReason: 'STOP',
          },
        ],
      })
    return Response.json({
      id: 'c',
      model: 'm',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: null,
            tool_calls: [
              {
                id: 'call_1',
                type: 'function',
                function: { name, arguments: JSON.stringify(input) },
              },
            ],
          },
          finish_reason: 'tool_calls',
        },
      ],
    })
  }
}

describe('the tools of Codex', () => {
  const patch = '*** Begin Patch\n*** Add File: "a".txt\n+x\\y\n*** End Patch'
  const apply = {
    type: 'custom',
    name: 'apply_patch',
    description: 'Patches files',
    format: { type: 'grammar', syntax: 'lark', definition: 'start: "*** Begin Patch"' },
  }

  for (const model of ['coder', 'flash', 'plain']) {
    test(`free text: apply_patch onto ${model} and back`, async () => {
      const gateway = renewedGateway(ROUTES, calling('apply_patch', { input: patch }))
      const body = { model, store: false, tools: [apply] }
      const reply = await json(
        await gateway.call('/v1/responses', { json: { ...body, input: 'go' } }),
      )
      const call = list(reply.output).find(({ type }) => type === 'custom_tool_call')
      expect(call).toMatchObject({ name: 'apply_patch', input: patch })
      expect(gateway.received[0]?.text).toContain('*** Begin Patch')
      const output = [{ type: 'input_text', text: 'Done!' }]
      const answered = [
        { role: 'user', content: 'go' },
        ...list(reply.output),
        { type: 'custom_tool_call_output', call_id: call?.call_id ?? '', output },
      ]
      const second = await gateway.call('/v1/responses', { json: { ...body, input: answered } })
      expect(second.status).toBe(200)
      expect(gateway.received[1]?.text).toContain('Done!')
      expect(gateway.received[1]?.text).toContain(JSON.stringify(patch).slice(1, -1).slice(0, 12))
    })

    test(`namespaces: onto ${model} and back`, async () => {
      const tools = [
        {
          type: 'namespace',
          name: 'agents',
          description: 'd',
          tools: [
            {
              type: 'function',
              name: 'spawn',
              parameters: { type: 'object', properties: { a: { type: 'string' } } },
            },
          ],
        },
      ]
      const gateway = renewedGateway(ROUTES, calling('agents__spawn', { a: 'b' }))
      const reply = await json(
        await gateway.call('/v1/responses', { json: { model, store: false, tools, input: 'go' } }),
      )
      expect(list(reply.output).find(({ type }) => type === 'function_call')).toMatchObject({
        name: 'spawn',
        namespace: 'agents',
        arguments: '{"a":"b"}',
      })
    })
  }

  describe.skipIf(sharedMissing)('as captured: responses lite', () => {
    const lite = captures('/v1/responses').find(({ id }) => id.includes('05-lite'))
    for (const model of ['coder', 'flash', 'plain']) {
      test(`onto ${model} and back`, async () => {
        if (!lite) throw new Error('the capture is missing')
        const gateway = renewedGateway(ROUTES, calling('exec', { input: 'ls -la' }))
        const reply = await json(
          await gateway.call('/v1/responses', { json: { ...lite.body, model, stream: false } }),
        )
        expect(list(reply.output).find(({ type }) => type === 'custom_tool_call')).toMatchObject({
          name: 'exec',
          namespace: 'functions',
          input: 'ls -la',
        })
        expect(gateway.received[0]?.text).not.toContain('additional_tools')
      })
    }
  })
})
