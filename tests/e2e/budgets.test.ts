import { expect, test } from 'bun:test'
import { start } from '../support/binary.ts'
import { newHome } from '../support/home.ts'
import { fakeUpstream } from '../support/upstream.ts'

const REPLY = {
  id: 'c',
  object: 'chat.completion',
  model: 'x',
  choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 60, completion_tokens: 40 },
}

const routes = (url: string, limits: string): string => `
version: 1
providers: { own: { kind: openai-compatible, base-url: ${url}/v1, keys: [ k ], models: [ m ] } }
models: { m: own/m }
api-keys: [ { name: ann, key: the-key-of-ann-0001, limits: ${limits} } ]
policy: { request-retry: 0 }
logging: { level: error }
`

/** Two gateways of one home, each asked fifty times at once; how many were served. */
async function askedTwice(limits: string, home: string): Promise<number> {
  let settled = 0
  let open = (): void => {}
  const all = new Promise<void>(resolve => {
    open = resolve
  })
  // Nothing is answered before everything is either here or refused.
  const count = (): void => {
    if (++settled === 100) open()
  }
  const upstream = fakeUpstream(async () => {
    count()
    await all
    return Response.json(REPLY)
  })
  const env = { JACKFIELD_HOME: home }
  const gateways = await Promise.all([1, 2].map(() => start(routes(upstream.url, limits), { env })))
  const asked = gateways.flatMap(({ url }) =>
    Array.from({ length: 50 }, async () => {
      const { status } = await fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: 'Bearer the-key-of-ann-0001' },
        body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'x' }] }),
      })
      if (status !== 200) count()
      return status
    }),
  )
  const served = (await Promise.all(asked)).filter(status => status === 200).length
  for (const gateway of gateways) await gateway.stop()
  await upstream.stop()
  return served
}

test('two processes on one home share a budget and its corrections', async () => {
  const home = newHome()
  // About 520 tokens are reserved for each.
  const first = await askedTwice('{ tokens-per-day: 2000 }', home)
  expect(first).toBeGreaterThan(1)
  expect(first).toBeLessThan(6)
  // What was served took 100 each: all of it is known after a restart, no more and no less.
  const left = 2_000 - first * 100
  expect(await askedTwice(`{ tokens-per-day: ${2_000 - left} }`, home)).toBe(0)
  expect(await askedTwice(`{ tokens-per-day: ${2_001 - left} }`, home)).toBe(1)
})

test('two processes on one home share the requests of a minute', async () => {
  expect(await askedTwice('{ requests-per-minute: 7 }', newHome())).toBe(7)
})
