import { afterEach, describe, expect, test } from 'bun:test'
import { closeManaged, managedGateway, SECRET } from '../../support/managed-gateway.ts'

afterEach(closeManaged)

const BEGIN = `version: 1
providers: { echo: { kind: echo } }
models: { one: echo/echo, two: echo/echo }
remote-management: { secret-key: "${SECRET}" }
`
const FILE = `${BEGIN}api-keys:   # who may call
  - plain-old-key   # of the laptop
  - { name: alice, key: "\${ALICE}", models: [ one ] }
`
const managed = (text = FILE) => managedGateway(text, undefined, { ALICE: 'alices-own-key' })

describe('API keys', () => {
  test('are listed by what they may, never by what they are', async () => {
    const { body, text } = await managed().manage('GET', '/keys')
    expect(body).toEqual({ keys: [{ name: 'key-1' }, { name: 'alice', models: ['one'] }] })
    expect(text).not.toMatch(/plain-old|alices-own|sha256/)
  })

  test('one that is made is told once, opens at once, and stands in the file as its hash', async () => {
    const gateway = managed()
    const limits = { 'requests-per-minute': 3, 'tokens-per-day': '2M', 'cost-per-day': '5 USD' }
    const made = await gateway.manage('POST', '/keys', {
      name: 'bob',
      models: ['one', 't*'],
      limits,
    })
    expect(made.status).toBe(201)
    const key = String(made.body.key)
    expect(key).toMatch(/^jf-[\w-]{43}$/)
    expect(made.body).toMatchObject({ ok: true, name: 'bob', changed: ['config'] })
    expect(made.body).not.toHaveProperty('note')
    const models = async (headers: HeadersInit) =>
      (await gateway.call('/v1/models', { headers })).status
    expect(await models({ 'x-api-key': key })).toBe(200)
    expect(await models({ 'x-api-key': 'plain-old-key' })).toBe(200)
    expect(gateway.onDisk()).not.toContain(key)
    expect(gateway.onDisk()).toStartWith(FILE)
    const listed = await gateway.manage('GET', '/keys')
    expect(listed.body.keys).toContainEqual({ name: 'bob', models: ['one', 't*'], limits })
    expect(listed.text + gateway.local.logged()).not.toMatch(/jf-|sha256/)
    const gone = await gateway.manage('DELETE', '/keys/bob')
    expect([gone.status, gone.body.ok]).toEqual([200, true])
    expect(await models({ 'x-api-key': key })).toBe(401)
    expect(gateway.onDisk()).toBe(FILE)
  })

  test('no two are the same', async () => {
    const gateway = managed()
    const made = await Promise.all(
      ['a', 'b', 'c'].map(name => gateway.manage('POST', '/keys', { name })),
    )
    expect(new Set(made.map(({ body }) => body.key)).size).toBe(3)
    expect((await gateway.manage('GET', '/keys')).body.keys).toHaveLength(5)
  })

  test('the first one is said to shut the door for others, the last one to open it', async () => {
    const gateway = managed(BEGIN)
    const first = await gateway.manage('POST', '/keys', { name: 'Bob von B/1' })
    expect(first.body.note).toContain('from now on every caller needs one')
    expect((await gateway.call('/v1/models')).status).toBe(401)
    const last = await gateway.manage('DELETE', '/keys/Bob%20von%20B%2F1')
    expect(last.body.note).toContain('without one')
    expect((await gateway.call('/v1/models')).status).toBe(200)
  })

  test.each<[string, unknown, number, string]>([
    ['a name that is there', { name: 'alice' }, 409, 'key_exists'],
    ['the place of one without a name', { name: 'key-1' }, 409, 'key_exists'],
    ['no name', {}, 400, 'invalid_body'],
    ['a key of its own', { name: 'bob', key: 'mine' }, 400, 'invalid_body'],
    [
      'a limit that there is not',
      { name: 'bob', limits: { 'cats-per-day': 1 } },
      422,
      'invalid_config',
    ],
    [
      'a limit that is none',
      { name: 'bob', limits: { 'tokens-per-day': 'lots' } },
      422,
      'invalid_config',
    ],
  ])('refused: %s', async (_, body, status, error) => {
    const gateway = managed()
    const called = await gateway.manage('POST', '/keys', body)
    expect([called.status, called.body.error]).toEqual([status, error])
    expect(called.text).not.toContain('jf-')
    expect(gateway.onDisk()).toBe(FILE)
  })

  test('one that is not there cannot go, and one without a name only by its place', async () => {
    const gateway = managed()
    expect((await gateway.manage('DELETE', '/keys/carol')).status).toBe(404)
    const unnamed = await gateway.manage('DELETE', '/keys/key-1')
    expect([unnamed.status, unnamed.body.message]).toEqual([
      422,
      expect.stringContaining('give it one in the file first'),
    ])
    const byPlace = await gateway.manage('PATCH', '/routes', [
      { op: 'remove', path: ['api-keys', 0] },
    ])
    expect(byPlace.status).toBe(200)
    expect(gateway.onDisk()).not.toContain('plain-old-key')
  })
})
