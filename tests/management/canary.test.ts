import { afterEach, expect, test } from 'bun:test'
import { hashOf } from '../../src/lib/key-hash.ts'
import { type Called, closeManaged, managedGateway } from '../support/managed-gateway.ts'

afterEach(closeManaged)

/** Every secret has this in it, or is the hash of one. */
const CANARY = 'canary'
const SECRET = `management-${CANARY}-0001`
const HASH = hashOf(`alice-${CANARY}`)
const BCRYPT_OR_HASH = new RegExp(`${CANARY}|${HASH.slice(7, 23)}`, 'i')

const FILE = `version: 1
providers:
  echo: { kind: echo }
  a:
    kind: openai-compatible
    base-url: "http://me:pass-${CANARY}@a.test/v1?api-key=query-${CANARY}"
    proxy-url: "http://me:proxy-${CANARY}@127.0.0.1:9"
    headers: { X-Team: header-${CANARY} }
    keys: [ sk-${CANARY}-1, "\${A_KEY}", { key: sk-${CANARY}-2, name: second } ]   # was sk-${CANARY}-3
  # b: { kind: openai, keys: [ commented-${CANARY} ] }
models: { one: echo/echo, two: a/x }
api-keys:
  - plain-${CANARY}
  - { name: alice, key: "${HASH}" }
remote-management: { secret-key: "${SECRET}" }
logging: { level: debug }
`

test('no secret of the file or the environment is in any answer of management, nor in the log', async () => {
  const gateway = managedGateway(
    FILE,
    () => Response.json({ error: { message: 'no' } }, { status: 401 }),
    { A_KEY: `environment-${CANARY}`, MANAGEMENT_PASSWORD: `password-${CANARY}` },
  )
  const bearer = { authorization: `Bearer ${SECRET}` }
  const told: Called[] = []
  const ask = async (method: string, path: string, body?: unknown, headers = {}) => {
    const called = await gateway.manage(method, path, body, { ...bearer, ...headers })
    told.push(called)
    return called
  }
  const any = { 'if-match': '*' }
  const callAs = { authorization: `Bearer plain-${CANARY}` }
  const body = JSON.stringify({ model: 'two', messages: [{ role: 'user', content: 'x' }] })
  await gateway.call('/v1/chat/completions', { method: 'POST', body, headers: callAs })

  const { text } = await ask('GET', '/config.yaml')
  await ask('PUT', '/config.yaml', `${text}# one more\n`, any)
  await ask('PUT', '/config.yaml', `${text}models: {}\n`, any)
  await ask('PUT', '/config.yaml', text.replace('echo/echo', 'nobody/x'), any)
  await ask('PUT', '/config.yaml', `${FILE}keys: [ sk-${CANARY}-9 ]\n`, any)
  await ask(
    'PUT',
    '/config.yaml',
    FILE.replace('kind: openai-compatible', `kind: sk-${CANARY}-kind`),
    any,
  )
  await ask('PUT', '/config.yaml', FILE.replace('level: debug', `level: sk-${CANARY}-level`), any)
  await ask('POST', '/check', FILE)
  await ask('POST', '/check', FILE.replace('alice, key:', 'alice, kye:'))
  await ask('POST', '/check', FILE.replace('keys: [ sk-', 'keys: [ { sk-'))
  await ask('POST', '/plan', FILE.replace('two: a/x', 'two: echo/echo'))
  await ask('PATCH', '/routes', [{ op: 'set', path: ['providers', 'a', 'keys', 9], value: 'x' }])
  await ask('PATCH', '/routes', [{ op: 'set', path: ['providers', 'a', 'keys', 0, 'x'], value: 1 }])
  await ask('PATCH', '/routes', [{ op: 'append', path: ['api-keys'], value: `plain-${CANARY}` }])
  await ask('PATCH', '/routes', [{ op: 'set', path: ['models', 'three'], value: 'echo/echo' }])
  await ask('GET', '/keys')
  await ask('POST', '/keys', { name: 'alice' })
  await ask('DELETE', '/keys/key-1')
  await ask('DELETE', '/keys/alice')
  await ask('GET', '/cooldowns')
  await ask('DELETE', '/cooldowns')
  await ask('DELETE', '/cooldowns?credential=nobody')
  await ask('GET', '/explain?model=two&key=alice')
  await ask('GET', '/nothing')
  await ask('GET', '/keys', undefined, { authorization: `Bearer wrong-${CANARY}` })
  gateway.write(`${FILE}  broken: [ sk-${CANARY}-4`)
  await ask('GET', '/config.yaml')
  await ask('GET', '/keys')
  const documented = await (await gateway.call('/swagger/json')).text()

  expect(told.filter(({ status }) => status === 200).length).toBeGreaterThan(10)
  expect(told.filter(({ status }) => status >= 400).length).toBeGreaterThan(10)
  for (const { text: answer, headers } of told) {
    expect(answer).not.toMatch(BCRYPT_OR_HASH)
    expect(JSON.stringify([...headers])).not.toMatch(BCRYPT_OR_HASH)
  }
  expect(documented).not.toMatch(BCRYPT_OR_HASH)
  expect(gateway.local.logged()).toContain('is changed by management')
  expect(gateway.local.logged()).not.toMatch(BCRYPT_OR_HASH)
})
