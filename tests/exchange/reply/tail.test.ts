import { describe, expect, test } from 'bun:test'
import { localGateway, streamOf } from '../../support/local-gateway.ts'

const ROUTES =
  'version: 1\nproviders: { a: { kind: openai-compatible, base-url: "http://a.test/v1", keys: [ k ] } }\nmodels: { m: a/x }\n'
const chunk = (content: string, finish: string | null = null, more: object = {}): string =>
  `data: ${JSON.stringify({ id: 'c', model: 'x', choices: [{ index: 0, delta: { content }, finish_reason: finish }], ...more })}\n\n`
const USAGE = { prompt_tokens: 7, completion_tokens: 9 }

async function passed(pieces: string[]) {
  const gateway = localGateway(ROUTES, () => streamOf(pieces))
  const json = { model: 'm', stream: true, messages: [{ role: 'user', content: 'x' }] }
  const text = await (await gateway.call('/v1/chat/completions', { json })).text()
  await gateway.services.background.settled()
  const [tally] = gateway.services.ledger.tallies().values()
  return { text, tally, coolingDown: gateway.services.pool.states().length }
}

describe('the end of a passed stream is understood, whatever came before', () => {
  const long = Array.from({ length: 500 }, (_, n) => chunk(`word ${n} `))

  test.each([
    ['a short one', [chunk('a'), chunk('', 'stop', { usage: USAGE }), 'data: [DONE]\n\n']],
    ['all in one piece', [`${chunk('a') + chunk('', 'stop', { usage: USAGE })}data: [DONE]\n\n`]],
    ['a long one', [...long, chunk('', 'stop', { usage: USAGE }), 'data: [DONE]\n\n']],
    [
      'a huge last message and no [DONE]',
      [...long, chunk('', 'stop', { usage: USAGE, citations: ['x'.repeat(90_000)] })],
    ],
    [
      'a huge message in the middle',
      [...long, chunk('y'.repeat(90_000)), chunk('', 'stop', { usage: USAGE }), 'data: [DONE]\n\n'],
    ],
  ])('%s', async (_, pieces) => {
    const { text, tally, coolingDown } = await passed(pieces)
    expect(text).toBe(pieces.join('').replaceAll('"model":"x"', '"model":"m"'))
    expect(tally).toMatchObject({ requests: 1, failures: 0, fresh: 7, output: 9 })
    expect(coolingDown).toBe(0)
  })

  test('a long one that stops in the middle ends with an error', async () => {
    const { text, tally, coolingDown } = await passed(long)
    expect(text).toContain('stream ended without its terminal event')
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
    expect(tally).toMatchObject({ requests: 1, failures: 1 })
    expect(coolingDown).toBe(1)
  })

  test('an error that the upstream told is not told twice', async () => {
    const { text, tally } = await passed([
      ...long,
      'data: {"error":{"message":"it broke","code":500}}\n\n',
    ])
    expect(text.match(/it broke/g)).toHaveLength(1)
    expect(tally).toMatchObject({ failures: 1 })
  })
})
