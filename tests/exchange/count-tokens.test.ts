import { describe, expect, test } from 'bun:test'
import { localGateway } from '../support/local-gateway.ts'

const ROUTES = `
version: 1
providers:
  claude: { kind: anthropic, keys: [ k ] }
  chat: { kind: openai-compatible, base-url: "http://c.test/v1", keys: [ k ] }
models: { native: claude/claude-x, local: chat/y }
`
const ask = (model: string, content = 'one two three four') => ({
  json: {
    model,
    messages: [{ role: 'user', content }],
    tools: [{ name: 'read', input_schema: { type: 'object' } }],
  },
})
const counted = async (response: Response): Promise<number> =>
  ((await response.json()) as { input_tokens: number }).input_tokens

describe('tokens are counted', () => {
  test('by the upstream where it can, with the client bytes but for the model', async () => {
    const gateway = localGateway(ROUTES, () => Response.json({ input_tokens: 42 }))
    expect(
      await counted(await gateway.call('/v1/messages/count_tokens?beta=true', ask('native'))),
    ).toBe(42)
    expect(gateway.received[0]?.url).toBe('https://api.anthropic.com/v1/messages/count_tokens')
    expect(gateway.received[0]?.headers.get('x-api-key')).toBe('k')
    expect(gateway.received[0]?.text).toBe(
      JSON.stringify(ask('native').json).replace('native', 'claude-x'),
    )
  })

  test('here where it cannot, without asking an upstream', async () => {
    const gateway = localGateway(ROUTES, () => new Response(null, { status: 500 }))
    const short = await counted(await gateway.call('/v1/messages/count_tokens', ask('local')))
    const long = await counted(
      await gateway.call(
        '/v1/messages/count_tokens',
        ask('local', 'one two three four '.repeat(100)),
      ),
    )
    expect(short).toBeGreaterThan(8)
    expect(short).toBeLessThan(60)
    expect(long - short).toBeGreaterThan(350)
    expect(long - short).toBeLessThan(600)
    expect(gateway.received).toEqual([])
  })

  test.each([
    ['blanks', ' '],
    ['one letter', 'a'],
    ['line ends', '\n'],
    ['words without a blank', 'the\u4f60\u597d'],
  ])(
    'here in a moment, also 400,000 characters of %s',
    async (_, text) => {
      const gateway = localGateway(ROUTES, () => new Response(null, { status: 500 }))
      const long = text.repeat(400_000 / text.length)
      const count = await counted(
        await gateway.call('/v1/messages/count_tokens', ask('local', long)),
      )
      expect(count).toBeGreaterThan(1_000)
    },
    20_000,
  )

  test.each([404, 405, 500])(
    'here when the upstream answers %d, and no credential cools down for it',
    async status => {
      const gateway = localGateway(ROUTES, () =>
        Response.json({ type: 'error', error: { type: 'x', message: 'no' } }, { status }),
      )
      expect(
        await counted(await gateway.call('/v1/messages/count_tokens', ask('native'))),
      ).toBeGreaterThan(8)
      expect(gateway.services.pool.states()).toEqual([])
    },
  )
})
