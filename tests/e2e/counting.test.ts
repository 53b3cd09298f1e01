import { expect, test } from 'bun:test'
import { start } from '../support/binary.ts'

const ROUTES = `
version: 1
providers: { own: { kind: openai-compatible, base-url: "http://127.0.0.1:9/v1", keys: [ k ], models: [ m ] } }
models: { m: own/m }
logging: { level: error }
`

test('tokens are counted by the tokenizer, while other requests are answered', async () => {
  const gateway = await start(ROUTES)
  const order: string[] = []
  // By length this is another number: 35,000.
  const content = '龘靐 0123456789 '.repeat(10_000)
  const counting = fetch(`${gateway.url}/v1/messages/count_tokens`, {
    method: 'POST',
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content }] }),
  }).then(response => {
    order.push('counted')
    return response.json()
  })
  for (let asked = 0; asked < 5; asked++) {
    const { status } = await fetch(`${gateway.url}/v1/models`)
    expect(status).toBe(200)
  }
  order.push('answered')
  const { input_tokens: tokens } = (await counting) as { input_tokens: number }
  expect(tokens).toBeGreaterThan(70_000)
  expect(order).toEqual(['answered', 'counted'])
  expect(await gateway.stop()).toBe(0)
})
