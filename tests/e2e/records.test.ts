import { describe, expect, test } from 'bun:test'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readUsage } from '../../src/store/usage.ts'
import { type Running, runCommand, start } from '../support/binary.ts'
import { filesBelow, newHome } from '../support/home.ts'

const routes = (logging: string, more = ''): string =>
  `version: 1\nproviders: { echo: { kind: echo } }\nmodels: { m: echo/echo }\napi-keys: [ { name: ann, key: the-key-of-ann-0001 } ]\npolicy: { request-retry: 0 }\nlogging: ${logging}\n${more}`

async function ask(gateway: Running, say = 'hello', stream = true): Promise<string> {
  const response = await fetch(`${gateway.url}/v1/messages`, {
    method: 'POST',
    headers: { authorization: 'Bearer the-key-of-ann-0001' },
    body: JSON.stringify({
      model: 'm',
      max_tokens: 50,
      stream,
      messages: [{ role: 'user', content: say }],
    }),
  })
  return response.text()
}

/** What the gateway has written so far; it does so in its own time. */
async function until<Value>(look: () => Value | undefined): Promise<Value> {
  for (;;) {
    const found = look()
    if (found !== undefined) return found
    await new Promise(resolve => setImmediate(resolve))
  }
}

describe('usage', () => {
  const served = (home: string): number =>
    (readUsage(home, 0) ?? []).reduce((sum, { requests, failures }) => sum + requests - failures, 0)
  const atLeast = (home: string, many: number) =>
    until(() => (served(home) >= many ? served(home) : undefined))

  test('survives kill -9 and is written at once on SIGTERM; the command reads it at any time', async () => {
    const home = newHome()
    const env = { JACKFIELD_HOME: home }
    const first = await start(routes('{ level: error }'), { env })
    for (let at = 0; at < 3; at++) await ask(first)
    await ask(first, '[[fail 500 no luck]]')
    await atLeast(home, 3)
    const beside = await runCommand(['usage'], { env })
    expect(beside.code).toBe(0)
    expect(beside.stdout).toMatch(/^echo\/echo +3 +1 .* unknown$/m)
    expect(beside.stdout).toContain('unknown price: 3 requests')
    expect(beside.stdout).toMatch(/prices as of \d{4}-\d\d-\d\d/)
    first.signal('SIGKILL')
    await first.exited
    const second = await start(routes('{ level: error }'), { env })
    await ask(second)
    expect(await second.stop()).toBe(0)
    const after = JSON.parse((await runCommand(['usage', '--by', 'key', '--json'], { env })).stdout)
    expect(after.groups).toMatchObject([{ name: 'ann', served: 4, failed: 1, usd: null }])
    expect(after.total).toMatchObject({ served: 4, unpriced: 4 })
    for (const { name, mode } of filesBelow(home)) expect([name, mode]).toEqual([name, 0o600])
  })

  test('a damaged file is set aside, and that is said; requests are served and counted', async () => {
    const home = newHome()
    writeFileSync(join(home, 'usage.sqlite'), 'this is no database. '.repeat(300))
    const gateway = await start(routes('{ level: warn }'), { env: { JACKFIELD_HOME: home } })
    expect(await ask(gateway)).toContain('message_stop')
    await gateway.said('set aside as usage.sqlite.damaged')
    await gateway.stop()
    expect(served(home)).toBe(1)
    expect(existsSync(join(home, 'usage.sqlite.damaged'))).toBe(true)
  })

  test('switched off, there is no file', async () => {
    const home = newHome()
    const env = { JACKFIELD_HOME: home }
    const gateway = await start(routes('{ level: warn }', 'usage: { enabled: false }\n'), { env })
    await ask(gateway)
    await gateway.stop()
    expect(existsSync(join(home, 'usage.sqlite'))).toBe(false)
    expect((await runCommand(['usage'], { env })).stdout).toContain('nothing is counted yet')
  })

  test.each([
    [['--by', 'moon'], '--by moon: expected key, model, provider, day'],
    [['--days', '0'], '--days 0: expected a whole number from 1'],
    [['--day', '3'], "'--day'"],
  ])('%j is refused', async (args, words) => {
    const { code, stderr } = await runCommand(['usage', ...args], {
      env: { JACKFIELD_HOME: newHome() },
    })
    expect([code, stderr]).toEqual([1, expect.stringContaining(words)])
  })
})

describe('logging', () => {
  test('an edit switches the file and the records on and off at once', async () => {
    const home = newHome()
    const gateway = await start(routes('{ level: info }'), { env: { JACKFIELD_HOME: home } })
    const requests = () => filesBelow(join(home, 'logs', 'requests'))
    const inForce = async (logging: string): Promise<void> => {
      const before = gateway.output().split(' reloaded').length
      gateway.write(routes(logging))
      await until(() => (gateway.output().split(' reloaded').length > before ? true : undefined))
    }
    await ask(gateway, 'unseen one')
    await inForce('{ level: info, file: true, requests: all }')
    await ask(gateway, 'seen one')
    const [record] = await until(() => (requests().length > 0 ? requests() : undefined))
    expect(record?.text).toContain('seen one')
    expect(record?.text).toContain('message_stop')
    expect(record?.text).not.toContain('the-key-of-ann')
    await inForce('{ level: info, requests: errors }')
    await ask(gateway, 'unseen two')
    await ask(gateway, '[[fail 400 no such thing]]', false)
    await until(() => (requests().length > 1 ? true : undefined))
    expect(requests()[1]?.name).toContain('-400-req_')
    await inForce('{ level: info }')
    await ask(gateway, '[[fail 400 no such thing]]', false)
    expect(await gateway.stop()).toBe(0)
    expect(requests()).toHaveLength(2)
    const log = readFileSync(join(home, 'logs', 'jackfield.log'), 'utf8')
    expect(log.match(/ served /g)).toHaveLength(1)
    for (const { name, mode } of filesBelow(join(home, 'logs')))
      expect([name, mode]).toEqual([name, 0o600])
  })

  test('a home that cannot be written: warnings, and every request is served', async () => {
    const home = join(newHome(), 'home')
    writeFileSync(home, 'in the way')
    const gateway = await start(routes('{ level: info, file: true, requests: all }'), {
      env: { JACKFIELD_HOME: home },
    })
    for (let at = 0; at < 3; at++) expect(await ask(gateway)).toContain('message_stop')
    await gateway.said('a request cannot be recorded')
    await gateway.said('jackfield.log cannot be written')
    await gateway.said('usage is counted in memory')
    expect(await gateway.stop()).toBe(0)
    for (const words of ['cannot be recorded', 'cannot be written (', 'is counted in memory'])
      expect(gateway.output().split(words)).toHaveLength(2)
  })
})
