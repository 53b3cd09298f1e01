import { describe, expect, test } from 'bun:test'
import { localGateway } from '../../support/local-gateway.ts'

const PATHS = ['/swagger', '/swagger/json', '/swagger/page', '/swagger/ui.js', '/swagger/start.js']
const ROUTES =
  'providers: { echo: { kind: echo } }\nmodels: { secret-model: { to: echo/echo, description: of-us } }\n'
const KEYS = 'api-keys: [ { name: alice, key: key-of-alice, models: [ x ] } ]\n'
const OPEN = 'server: { host: 0.0.0.0, open-to-all: true }\n'
const gateway = (more: string, peer = '127.0.0.1') => {
  const local = localGateway(ROUTES + more, () => new Response())
  local.services.peerOf = () => peer
  return local
}
const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` })

describe('where keys are set the documentation needs one', () => {
  test.each(PATHS)('%s', async path => {
    const { call } = gateway(KEYS)
    const refused = await call(path)
    expect(refused.status).toBe(401)
    expect(refused.headers.get('www-authenticate')).toStartWith('Basic realm=')
    expect(await refused.text()).not.toMatch(/secret-model|of-us/)
    for (const headers of [
      { 'x-api-key': 'key-of-alice' },
      { authorization: 'Bearer key-of-alice' },
      basic('anybody:key-of-alice'),
      basic('key-of-alice:'),
    ])
      expect((await call(path, { headers })).status).toBe(200)
    for (const headers of [{ 'x-api-key': 'wrong' }, basic('alice:wrong'), basic(''), basic('::')])
      expect((await call(path, { headers })).status).toBe(401)
  })

  test('what a browser sends of itself opens nothing else', async () => {
    const { call } = gateway(KEYS)
    const headers = basic('anybody:key-of-alice')
    expect((await call('/v1/models', { headers })).status).toBe(401)
  })

  test('the schema of the file and the sign of life are for all', async () => {
    const { call } = gateway(KEYS, '192.0.2.7')
    for (const path of ['/routes.schema.json', '/healthz'])
      expect((await call(path)).status).toBe(200)
  })
})

describe('without keys it is for this machine', () => {
  test.each<[string, string, string, Record<string, string>, number]>([
    ['here', '', '127.0.0.1', {}, 200],
    ['from elsewhere', '', '192.0.2.7', {}, 401],
    ['open to all, here', OPEN, '127.0.0.1', {}, 200],
    ['open to all, from elsewhere', OPEN, '192.0.2.7', {}, 401],
    ['under another name', '', '127.0.0.1', { host: 'evil.example' }, 403],
    ['a script of another page', '', '127.0.0.1', { 'sec-fetch-site': 'cross-site' }, 403],
    [
      'a link of another page',
      '',
      '127.0.0.1',
      {
        'sec-fetch-site': 'cross-site',
        'sec-fetch-mode': 'navigate',
        'sec-fetch-dest': 'document',
      },
      200,
    ],
    [
      'a frame of another page',
      '',
      '127.0.0.1',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
      403,
    ],
  ])('%s', async (_, more, peer, headers, status) => {
    const { call } = gateway(more, peer)
    for (const path of PATHS)
      expect([path, (await call(path, { headers })).status]).toEqual([path, status])
  })
})
