import { describe, expect, test } from 'bun:test'
import { renewedGateway } from '../../support/local-gateway.ts'
import { WHOLE } from '../../support/replies.ts'
import { captures, sharedMissing } from '../../support/shared.ts'
import { MODELS, ROUTES, WIRES } from '../../support/wires.ts'

const EMPTY = { type: 'object', properties: {} }
const PLACEHOLDER = { name: 'DeferredToolPlaceholder', input_schema: EMPTY, defer_loading: true }
const asked = (model: string, tools: object[]) => ({
  model,
  max_tokens: 100,
  messages: [{ role: 'user', content: 'hi' }],
  tools,
})

describe('the tool that Claude Code declares and never calls', () => {
  const reading = { name: 'Read', input_schema: EMPTY }

  test.each(WIRES.filter(wire => wire !== 'anthropic'))(
    'is not offered to models of %s, and that is no loss',
    async wire => {
      const gateway = renewedGateway(ROUTES, () => Response.json(WHOLE[wire]))
      const json = asked(MODELS[wire], [reading, PLACEHOLDER])
      const response = await gateway.call('/v1/messages', { json })
      expect(gateway.received[0]?.text).toContain('"Read"')
      expect(gateway.received[0]?.text).not.toContain('DeferredToolPlaceholder')
      expect(response.headers.get('x-jackfield-losses')).toBeNull()
    },
  )

  test('alone it leaves no empty list of tools', async () => {
    const gateway = renewedGateway(ROUTES, () => Response.json(WHOLE['openai-chat']))
    await gateway.call('/v1/messages', { json: asked(MODELS['openai-chat'], [PLACEHOLDER]) })
    expect(gateway.received[0]?.text).not.toContain('"tools"')
  })

  test('stays for models of its own protocol, also where the request is encoded', async () => {
    const routes = ROUTES.replace('up-anthropic/served', '"up-anthropic/served(high)"')
    for (const file of [ROUTES, routes]) {
      const gateway = renewedGateway(file, () => Response.json(WHOLE.anthropic))
      await gateway.call('/v1/messages', { json: asked(MODELS.anthropic, [reading, PLACEHOLDER]) })
      expect(JSON.parse(gateway.received[0]?.text ?? '').tools).toEqual([reading, PLACEHOLDER])
    }
  })

  test('other deferred tools, and one of that name that is not deferred, are offered', async () => {
    const gateway = renewedGateway(ROUTES, () => Response.json(WHOLE['openai-chat']))
    const tools = [
      { ...reading, defer_loading: true },
      { name: PLACEHOLDER.name, input_schema: EMPTY },
    ]
    await gateway.call('/v1/messages', { json: asked(MODELS['openai-chat'], tools) })
    expect(gateway.received[0]?.text).toContain('"Read"')
    expect(gateway.received[0]?.text).toContain('DeferredToolPlaceholder')
  })

  describe.skipIf(sharedMissing)('of Claude Code itself', () => {
    const recorded = captures('/v1/messages').filter(({ body }) =>
      JSON.stringify(body).includes('"name":"DeferredToolPlaceholder"'),
    )
    test.each(recorded.map(({ id, body }) => [id, body] as const))('%s', async (_, body) => {
      const gateway = renewedGateway(ROUTES, () => Response.json(WHOLE['openai-chat']))
      const json = { ...body, model: MODELS['openai-chat'], stream: false }
      await gateway.call('/v1/messages', { json })
      expect(gateway.received[0]?.text).not.toContain('DeferredToolPlaceholder')
    })
    test('there are some', () => expect(recorded.length).toBeGreaterThan(0))
  })
})
