import { describe, expect, test } from 'bun:test'
import { localGateway } from '../../support/local-gateway.ts'
import { WHOLE } from '../../support/replies.ts'
import { MODELS, ROUTES, WIRES } from '../../support/wires.ts'

/** As the tool runner of Anthropic's SDK 1.11 goes on: neither history nor tools. */
const turn = (model: string, thread: object) => ({
  model,
  max_tokens: 100,
  thread,
  messages: [
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: '3' }] },
  ],
})
const NEXT = { type: 'continue', previous_message_id: 'msg_1' }
const FOREIGN = WIRES.filter(wire => wire !== 'anthropic')

describe('a conversation that the service was to hold (Anthropic’s thread)', () => {
  test.each(FOREIGN)('is asked for again in whole by %s, in the SDK’s own words', async wire => {
    const gateway = localGateway(ROUTES, () => Response.json(WHOLE[wire]))
    const response = await gateway.call('/v1/messages', { json: turn(MODELS[wire], NEXT) })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({
      type: 'error',
      error: { type: 'invalid_request_error', details: { error_code: 'thread_not_found' } },
    })
    expect(gateway.received).toEqual([])
  })

  test.each(FOREIGN)('may begin with %s, as a named loss', async wire => {
    const gateway = localGateway(ROUTES, () => Response.json(WHOLE[wire]))
    const json = {
      ...turn(MODELS[wire], { type: 'create' }),
      messages: [{ role: 'user', content: 'hi' }],
    }
    const response = await gateway.call('/v1/messages', { json })
    expect(response.status).toBe(200)
    expect(response.headers.get('x-jackfield-losses')).toContain('thread')
  })

  test('goes on with an upstream of its own protocol', async () => {
    const gateway = localGateway(ROUTES, () => Response.json(WHOLE.anthropic))
    const json = turn(MODELS.anthropic, NEXT)
    const response = await gateway.call('/v1/messages', { json })
    expect(response.status).toBe(200)
    expect(gateway.received[0]?.text).toContain('"previous_message_id":"msg_1"')
  })
})
