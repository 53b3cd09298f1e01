import { describe, expect, test } from 'bun:test'
import { renewedGateway, streamOf } from '../../support/local-gateway.ts'

const ROUTES = `
version: 1
providers:
  a: { kind: openai-compatible, base-url: "http://a.test/v1", keys: [ { name: k, key: k }, { name: l, key: l } ] }
  b: { kind: openai-compatible, base-url: "http://b.test/v1", keys: [ k ] }
models: { m: [ TARGETS ] }
logging: { level: error }
`
type Answer = { content?: string | null; finish_reason?: string; output?: number; more?: object }

function reply({ content = '', finish_reason = 'stop', output = 50, more = {} }: Answer) {
  const message = { role: 'assistant', content, ...more }
  const usage = { prompt_tokens: 5, completion_tokens: output, total_tokens: 5 + output }
  return { id: 'c', model: 'x', choices: [{ index: 0, message, finish_reason }], usage }
}

/** The same, whole or as a stream. */
function sent(answer: Answer, stream: boolean): Response {
  const { choices, usage, ...head } = reply(answer)
  if (!stream) return Response.json({ ...head, choices, usage })
  const [{ message, finish_reason }] = choices as [(typeof choices)[0]]
  return streamOf(
    [
      { ...head, choices: [{ index: 0, delta: message, finish_reason: null }] },
      { ...head, choices: [{ index: 0, delta: {}, finish_reason }] },
      { ...head, choices: [], usage },
    ]
      .map(chunk => `data: ${JSON.stringify(chunk)}\n\n`)
      .concat('data: [DONE]\n\n'),
  )
}

function gatewayOver(answer: Answer, stream: boolean, targets = 'a/x') {
  return renewedGateway(ROUTES.replace('TARGETS', targets), ({ url }) =>
    url.startsWith('http://a.test')
      ? sent(answer, stream)
      : sent({ content: 'from the second' }, stream),
  )
}

const ask = (stream: boolean) => ({
  json: { model: 'm', max_tokens: 99, stream, messages: [{ role: 'user', content: 'hi' }] },
})

describe.each([false, true])('stream: %p', stream => {
  const NOTHING: [string, Answer][] = [
    ['an empty text', {}],
    ['no text', { content: null }],
    ['calls that are none', { finish_reason: 'tool_calls' }],
  ]

  test.each(NOTHING)(
    '%s for which tokens were spent goes on to the next target',
    async (_, answer) => {
      const gateway = gatewayOver(answer, stream, 'a/x, b/x')
      const response = await gateway.call('/v1/messages', ask(stream))
      expect(response.status).toBe(200)
      expect(await response.text()).toContain('from the second')
      // Another credential would be paid for the same.
      expect(gateway.received.map(({ url }) => new URL(url).host)).toEqual(['a.test', 'b.test'])
      expect(gateway.services.pool.states()).toEqual([])
    },
  )

  test.each(NOTHING)('%s is an error where there is no other, asked once', async (_, answer) => {
    const gateway = gatewayOver(answer, stream)
    const response = await gateway.call('/v1/messages', ask(stream))
    expect(response.status).toBe(502)
    expect((await response.json()).error.message).toContain(
      'a/x: it sent an empty reply (50 output tokens and no content)',
    )
    expect(gateway.received).toHaveLength(1)
  })

  test.each<[string, Answer]>([
    ['the output cap is', { finish_reason: 'length' }],
    ['a filter is', { finish_reason: 'content_filter' }],
    ['no output was paid for', { output: 0 }],
    ['there is a thought', { more: { reasoning_content: 'hm' } }],
    ['there is a blank', { content: ' ' }],
  ])('it is an answer where %s', async (_, answer) => {
    const gateway = gatewayOver(answer, stream, 'a/x, b/x')
    const response = await gateway.call('/v1/messages', ask(stream))
    expect(response.status).toBe(200)
    expect(await response.text()).not.toContain('from the second')
    expect(gateway.received).toHaveLength(1)
  })

  test('where bytes pass it is between the client and its upstream', async () => {
    const gateway = gatewayOver({}, stream, 'a/x, b/x')
    const response = await gateway.call('/v1/chat/completions', ask(stream))
    expect(response.status).toBe(200)
    expect(await response.text()).toContain('"completion_tokens":50')
    expect(gateway.received).toHaveLength(1)
  })
})
