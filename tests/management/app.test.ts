import { afterEach, describe, expect, test } from 'bun:test'
import { closeManaged, managedGateway, SECRET } from '../support/managed-gateway.ts'

afterEach(closeManaged)

const FILE = `version: 1
providers: { a: { kind: echo } }
remote-management: { secret-key: "${SECRET}" }
models: { m: a/echo }
force:
  x: { to: a/echo, when: { header: { x-list: "a,b" } } }
`

describe('queries', () => {
  test('a header may hold commas', async () => {
    const { body } = await managedGateway(FILE).manage(
      'GET',
      '/explain?model=x&header=X-List=a,b&header=X-Other=c',
    )
    expect(body.found).toBe(true)
  })

  test.each([
    ['?model=m&stream', 200],
    ['?model=m&stream=', 200],
    ['?model=m&stream=false', 200],
    ['?model=m&stream=1', 400],
  ])('a switch is on without a value: %s', async (query, status) => {
    expect((await managedGateway(FILE).manage('GET', `/explain${query}`)).status).toBe(status)
  })
})

describe('answers', () => {
  test('none is kept or sniffed, whatever it is', async () => {
    const gateway = managedGateway(FILE)
    for (const [path, status] of [
      ['/cooldowns', 200],
      ['/explain', 400],
      ['/nothing', 404],
    ] as const) {
      const { headers, status: answered } = await gateway.manage('GET', path)
      expect([path, answered]).toEqual([path, status])
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
    }
  })

  test('a fault of our own says nothing of itself', async () => {
    const gateway = managedGateway(FILE)
    gateway.local.services.recent.list = () => {
      throw new Error('the secret reason')
    }
    const answer = await gateway.manage('GET', '/requests')
    expect([answer.status, answer.body]).toEqual([
      500,
      { error: 'internal', message: 'an unexpected fault; the log has the details' },
    ])
    expect(gateway.local.logged()).toContain('the secret reason')
  })

  test('one that is not what the schema says is such a fault', async () => {
    const gateway = managedGateway(FILE)
    gateway.local.services.pool.reset = () => Number.NaN
    const answer = await gateway.manage('DELETE', '/cooldowns')
    expect([answer.status, answer.body.error]).toEqual([500, 'internal'])
  })

  test('an error of the schema names the place, never the value', async () => {
    const gateway = managedGateway(FILE)
    const answer = await gateway.manage('POST', '/keys', { name: ['a-secret-value'] })
    expect([answer.status, answer.body.message]).toEqual([400, 'name: expected string'])
    expect(answer.text).not.toContain('a-secret-value')
  })
})

test('bodies and answers are documented as what they are', async () => {
  const { paths } = (await (await managedGateway(FILE).call('/swagger/json')).json()) as {
    paths: Record<string, Record<string, Operation>>
  }
  const operation = (method: string, path: string) => paths[`/v0/management${path}`]?.[method]
  const types = (content: object | undefined) => Object.keys(content ?? {})
  const put = operation('put', '/config.yaml')
  expect(types(put?.requestBody?.content)).toEqual(['application/yaml'])
  expect(types(put?.responses[412]?.content)).toEqual(['application/json'])
  expect(types(operation('patch', '/routes')?.requestBody?.content)).toEqual(['application/json'])
  const { tags, responses } = operation('get', '/cooldowns') ?? {}
  expect(tags).toEqual(['management'])
  expect(Object.keys(responses ?? {})).toEqual(['200', '401', '403'])
})

type Operation = {
  tags: string[]
  requestBody?: { content: object }
  responses: Record<string, { content?: object }>
}
