import { afterEach, describe, expect, test } from 'bun:test'
import { hashOf } from '../../../src/lib/key-hash.ts'
import { closeManaged, managedGateway, SECRET } from '../../support/managed-gateway.ts'

afterEach(closeManaged)

const PROVIDERS = 'version: 1\nproviders: { echo: { kind: echo } }\n'
const routes = (more = ''): string =>
  `${PROVIDERS}remote-management: { secret-key: "${SECRET}"${more} }\n`
const BEARER = { authorization: `Bearer ${SECRET}` }
const WRONG = { authorization: 'Bearer wrong' }

describe('without a secret the API is not there', () => {
  test.each([
    ['nothing about it', PROVIDERS],
    ['an empty one', `${PROVIDERS}remote-management: { secret-key: "" }\n`],
    ['only that others may come', `${PROVIDERS}remote-management: { allow-remote: true }\n`],
  ])('%s: 404 without a body, whatever is sent', async (_, text) => {
    const gateway = managedGateway(text)
    for (const path of ['/explain', '/config.yaml', '/nothing', ''])
      for (const headers of [BEARER, {}])
        expect(await gateway.manage('GET', path, undefined, headers)).toMatchObject({
          status: 404,
          text: '',
        })
    const documented = await (await gateway.call('/swagger/json')).text()
    expect(documented).not.toContain('/v0/management')
  })

  test('a reload opens it, and shuts it again', async () => {
    const gateway = managedGateway(PROVIDERS)
    const swap = (text: string) => {
      gateway.write(text)
      return until(() => gateway.live.current.gateway.table.text === text)
    }
    expect((await gateway.manage('GET', '/cooldowns')).status).toBe(404)
    await swap(routes())
    expect((await gateway.manage('GET', '/cooldowns')).status).toBe(200)
    await swap(`${PROVIDERS}# shut\n`)
    expect((await gateway.manage('GET', '/cooldowns')).status).toBe(404)
  })
})

describe('which key, and in which header', () => {
  const bcrypt = Bun.password.hashSync(SECRET, { algorithm: 'bcrypt', cost: 4 })

  test.each<[string, string]>([
    ['as it is', SECRET],
    ['as SHA-256', hashOf(SECRET)],
    ['as bcrypt ($2b$)', bcrypt],
    ['as bcrypt from elsewhere ($2a$)', bcrypt.replace('$2b$', '$2a$')],
    ['as bcrypt from elsewhere ($2y$)', bcrypt.replace('$2b$', '$2y$')],
  ])('a secret %s', async (_, written) => {
    const gateway = managedGateway(`${PROVIDERS}remote-management: { secret-key: '${written}' }\n`)
    const status = async (headers: HeadersInit) =>
      (await gateway.manage('GET', '/cooldowns', undefined, headers)).status
    for (let time = 0; time < 2; time++) expect(await status(BEARER)).toBe(200)
    expect(await status(WRONG)).toBe(401)
    expect(await status({ authorization: `Bearer ${SECRET}x` })).toBe(401)
    if (written !== SECRET) expect(await status({ authorization: `Bearer ${written}` })).toBe(401)
    expect(await status(BEARER)).toBe(200)
    // It is not rewritten by us.
    expect(gateway.onDisk()).toContain(written)
  })

  test.each<[string, Record<string, string>, number]>([
    ['Bearer', BEARER, 200],
    ['bearer in any case', { authorization: `bEARER   ${SECRET}` }, 200],
    ['no scheme', { authorization: SECRET }, 200],
    ['X-Management-Key', { 'x-management-key': SECRET }, 200],
    [
      'an empty Authorization beside it',
      { authorization: 'Bearer', 'x-management-key': SECRET },
      200,
    ],
    ['a wrong Authorization beside it', { ...WRONG, 'x-management-key': SECRET }, 401],
    ['an API key header', { 'x-api-key': SECRET }, 401],
    ['none', {}, 401],
  ])('%s', async (_, headers, status) => {
    const called = await managedGateway(routes()).manage('GET', '/cooldowns', undefined, headers)
    expect(called.status).toBe(status)
    if (status === 401)
      expect(called.body).toEqual({
        error: 'authorization' in headers ? 'invalid management key' : 'missing management key',
      })
    expect(called.headers.get('cache-control')).toBe('no-store')
    expect(called.headers.get('access-control-allow-origin')).toBeNull()
  })

  test('not in the query', async () => {
    const called = await managedGateway(routes()).manage(
      'GET',
      `/cooldowns?key=${SECRET}`,
      undefined,
      {},
    )
    expect(called.status).toBe(401)
  })

  test('MANAGEMENT_PASSWORD opens it as well, trimmed', async () => {
    const env = { MANAGEMENT_PASSWORD: ' from-the-environment ' }
    for (const text of [PROVIDERS, routes()]) {
      const gateway = managedGateway(text, undefined, env)
      const called = await gateway.manage('GET', '/cooldowns', undefined, {
        authorization: 'Bearer from-the-environment',
      })
      expect(called.status).toBe(200)
    }
  })

  test('an API key of routes.yaml does not open it', async () => {
    const gateway = managedGateway(`${routes()}api-keys: [ alices-own-key ]\n`)
    const headers = { authorization: 'Bearer alices-own-key' }
    expect((await gateway.manage('GET', '/cooldowns', undefined, headers)).status).toBe(401)
  })

  test('a path that is not there asks for the key first, then is 404 without a body', async () => {
    const gateway = managedGateway(routes())
    expect((await gateway.manage('GET', '/nope', undefined, {})).status).toBe(401)
    expect(await gateway.manage('GET', '/nope')).toMatchObject({ status: 404, text: '' })
    expect(await gateway.manage('POST', '/cooldowns')).toMatchObject({ status: 404, text: '' })
    expect((await gateway.manage('OPTIONS', '/cooldowns', undefined, {})).status).toBe(401)
  })
})

describe('from where', () => {
  const remote = { error: 'remote management disabled' }

  test.each<[string, string, Record<string, string>, string, number]>([
    ['this machine', '127.0.0.1', {}, routes(), 200],
    ['this machine, IPv6', '::1', {}, routes(), 200],
    ['this machine, mapped', '::ffff:127.0.0.1', {}, routes(), 200],
    ['another', '192.0.2.7', {}, routes(), 403],
    ['another, let in', '192.0.2.7', {}, routes(', allow-remote: true'), 200],
    ['another, by the environment', '192.0.2.7', { MANAGEMENT_PASSWORD: SECRET }, routes(), 200],
    [
      'another, with the secret of the file only',
      '192.0.2.7',
      { MANAGEMENT_PASSWORD: 'x' },
      routes(),
      401,
    ],
  ])('%s', async (_, peer, env, text, status) => {
    const gateway = managedGateway(text, undefined, env)
    gateway.peer = peer
    const called = await gateway.manage('GET', '/cooldowns', undefined, {
      ...BEARER,
      'x-forwarded-for': '127.0.0.1',
    })
    expect(called.status).toBe(status)
    if (status === 403) expect(called.body).toEqual(remote)
  })

  test.each<[string, Record<string, string>, string, number]>([
    ['a name of this machine', { host: 'localhost:8317' }, routes(), 200],
    ['its address', { host: '127.0.0.1:8317' }, routes(), 200],
    ['an empty host', { host: '' }, routes(), 403],
    ['what only looks like an address', { host: '127.999.999.999' }, routes(), 403],
    ['a name that only leads here', { host: 'evil.example:8317' }, routes(), 403],
    [
      'a name of its own, where others may come',
      { host: 'gw.example' },
      routes(', allow-remote: true'),
      200,
    ],
    ['its own page', { host: 'localhost:8317', origin: 'http://localhost:8317' }, routes(), 200],
    [
      'another page of this machine',
      { host: 'localhost:8317', origin: 'http://localhost:3000' },
      routes(),
      403,
    ],
    [
      'a page from elsewhere',
      { host: '127.0.0.1:8317', origin: 'https://evil.example' },
      routes(),
      403,
    ],
    ['a page without an origin', { host: '127.0.0.1:8317', origin: 'null' }, routes(), 403],
    [
      'a picture of a page from elsewhere',
      { host: '127.0.0.1:8317', 'sec-fetch-site': 'cross-site' },
      routes(),
      403,
    ],
    [
      'an address that was typed',
      { host: '127.0.0.1:8317', 'sec-fetch-site': 'none' },
      routes(),
      200,
    ],
  ])('%s', async (_, headers, text, status) => {
    const gateway = managedGateway(text)
    const called = await gateway.manage('GET', '/cooldowns', undefined, { ...BEARER, ...headers })
    expect(called.status).toBe(status)
  })

  test('a page from elsewhere cannot shut the owner out', async () => {
    const gateway = managedGateway(routes())
    for (let time = 0; time < 9; time++)
      await gateway.manage('GET', '/x', undefined, { 'sec-fetch-site': 'cross-site' })
    expect((await gateway.manage('GET', '/cooldowns')).status).toBe(200)
  })
})

describe('five wrong keys lock an address out for half an hour', () => {
  const wrong = (gateway: ReturnType<typeof managedGateway>, times: number) =>
    Promise.all(
      Array.from({ length: times }, () => gateway.manage('GET', '/cooldowns', undefined, WRONG)),
    )

  test('the fifth is still told that it is wrong; then even the right one is refused, with the time', async () => {
    const gateway = managedGateway(routes())
    for (const { status } of await wrong(gateway, 5)) expect(status).toBe(401)
    gateway.local.advance(2_000)
    const banned = await gateway.manage('GET', '/cooldowns')
    expect(banned.status).toBe(403)
    expect(banned.body).toEqual({
      error: 'IP banned due to too many failed attempts. Try again in 29m58s',
    })
    gateway.local.advance(30 * 60_000 - 2_001)
    expect((await gateway.manage('GET', '/cooldowns')).status).toBe(403)
    gateway.local.advance(1)
    expect((await gateway.manage('GET', '/cooldowns')).status).toBe(200)
  })

  test('guesses in parallel are not more than five, also where each takes its time', async () => {
    const slow = Bun.password.hashSync(SECRET, { algorithm: 'bcrypt', cost: 4 })
    const gateway = managedGateway(`${PROVIDERS}remote-management: { secret-key: '${slow}' }\n`)
    const statuses = (await wrong(gateway, 20)).map(({ status }) => status)
    expect(statuses.filter(status => status === 401)).toHaveLength(5)
    expect(statuses.filter(status => status === 403)).toHaveLength(15)
  })

  test('a right one in between begins the count anew; a missing one counts; others are not concerned', async () => {
    const gateway = managedGateway(routes(', allow-remote: true'))
    await wrong(gateway, 4)
    expect((await gateway.manage('GET', '/cooldowns')).status).toBe(200)
    await wrong(gateway, 4)
    await gateway.manage('GET', '/cooldowns', undefined, {})
    expect((await gateway.manage('GET', '/cooldowns')).status).toBe(403)
    gateway.peer = '192.0.2.7'
    expect((await gateway.manage('GET', '/cooldowns')).status).toBe(200)
  })

  test.each([
    ['of one IPv6 /64', ['2001:db8:1:2::1', '2001:db8:1:2:ffff::9'], '2001:db8:1:2::abcd', 403],
    ['of loopback', ['127.0.0.2', '::1', '127.9.9.9'], '127.0.0.1', 403],
    ['of another IPv6 /64', ['2001:db8:1:2::1'], '2001:db8:1:3::1', 200],
    ['of another IPv4 address', ['192.0.2.7'], '192.0.2.8', 200],
  ])('guesses count for the whole network: %s', async (_, from, owner, status) => {
    const gateway = managedGateway(routes(', allow-remote: true'))
    for (let time = 0; time < 5; time++) {
      gateway.peer = from[time % from.length] ?? ''
      await wrong(gateway, 1)
    }
    gateway.peer = owner
    expect((await gateway.manage('GET', '/cooldowns')).status).toBe(status)
  })

  test('a connection that is gone is refused, right key or not, and locks no address out', async () => {
    const gateway = managedGateway(routes(', allow-remote: true'))
    gateway.peer = undefined
    for (const { status } of await wrong(gateway, 9)) expect(status).toBe(403)
    expect((await gateway.manage('GET', '/cooldowns')).status).toBe(403)
    expect(gateway.management.unlock()).toBe(0)
  })

  test('it outlives a reload, and ends when it is unlocked by hand', async () => {
    const gateway = managedGateway(routes())
    await wrong(gateway, 5)
    const text = `${routes()}# edited\n`
    gateway.write(text)
    await until(() => gateway.live.current.gateway.table.text === text)
    expect((await gateway.manage('GET', '/cooldowns')).status).toBe(403)
    expect(gateway.management.unlock()).toBe(1)
    expect((await gateway.manage('GET', '/cooldowns')).status).toBe(200)
  })

  test('failures that are hours apart are forgotten', async () => {
    const gateway = managedGateway(routes())
    await wrong(gateway, 4)
    gateway.local.advance(2 * 3_600_000)
    await wrong(gateway, 1)
    expect((await gateway.manage('GET', '/cooldowns')).status).toBe(200)
  })
})

/** The file's watcher needs its moment. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setImmediate(resolve))
}
