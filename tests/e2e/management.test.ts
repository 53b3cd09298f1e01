import { describe, expect, test } from 'bun:test'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compileTable } from '../../src/config/index.ts'
import { kinds } from '../../src/providers/index.ts'
import { type Running, runCommand, start } from '../support/binary.ts'

const SECRET = 'the-management-secret'
const ROUTES = `# who answers
version: 1
providers:
  echo: { kind: echo }   # the demo
  a: { kind: openai, disabled: true, keys: [ sk-canary-1 ] }
models:
  one: echo/echo   # the first
remote-management: { secret-key: "${SECRET}" }
`

const manage = (gateway: Running, method: string, path: string, body?: unknown, more = {}) =>
  fetch(`${gateway.url}/v0/management${path}`, {
    method,
    headers: { authorization: `Bearer ${SECRET}`, ...more },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })

async function listed(gateway: Running, key?: string): Promise<string[] | number> {
  const response = await fetch(`${gateway.url}/v1/models`, {
    headers: key ? { authorization: `Bearer ${key}` } : {},
  })
  if (!response.ok) return response.status
  const { data } = (await response.json()) as { data: { id: string }[] }
  return data.map(({ id }) => id)
}

const backups = (gateway: Running): string[] =>
  readdirSync(gateway.folder).filter(name => name.endsWith('.bak'))

describe('a running gateway', () => {
  test('is edited over its API: in force at once, everything else kept, the old file beside it', async () => {
    const gateway = await start(ROUTES)
    expect((await fetch(`${gateway.url}/v0/management/keys`)).status).toBe(401)
    const edited = await manage(gateway, 'PATCH', '/routes', [
      { op: 'set', path: ['models', 'two'], value: 'echo/echo' },
    ])
    expect(edited.status).toBe(200)
    expect(await listed(gateway)).toContain('two')
    const expected = ROUTES.replace('# the first\n', '# the first\n  two: echo/echo\n')
    expect(readFileSync(gateway.routes, 'utf8')).toBe(expected)
    const [backup = ''] = backups(gateway)
    expect(readFileSync(join(gateway.folder, backup), 'utf8')).toBe(ROUTES)
    expect(statSync(join(gateway.folder, backup)).mode & 0o777).toBe(0o600)

    const got = await manage(gateway, 'GET', '/config.yaml')
    const text = await got.text()
    expect(text).not.toContain('canary')
    const put = await manage(
      gateway,
      'PUT',
      '/config.yaml',
      text.replace('  two: echo/echo\n', ''),
      {
        'if-match': got.headers.get('etag') ?? '',
      },
    )
    expect(put.status).toBe(200)
    expect(readFileSync(gateway.routes, 'utf8')).toBe(ROUTES)
    expect(await listed(gateway)).not.toContain('two')

    const bad = await manage(gateway, 'PATCH', '/routes', [
      { op: 'set', path: ['models', 'two'], value: 'nobody/x' },
    ])
    expect(bad.status).toBe(422)
    expect(await listed(gateway)).toContain('one')
    // One reload for each change: the watcher does not set it off again by its own writes.
    gateway.write(ROUTES.replace('one:', 'three:'))
    while (!String(await listed(gateway)).includes('three'));
    await gateway.stop()
    expect(gateway.output().match(/ reloaded /g)).toHaveLength(3)
    expect(gateway.output()).not.toContain('canary')
  })

  test('takes keys that the command makes and those of its API, and gives them up again', async () => {
    const gateway = await start(ROUTES)
    const made = await manage(gateway, 'POST', '/keys', { name: 'alice' })
    const { key } = (await made.json()) as { key: string }
    expect(await listed(gateway)).toBe(401)
    expect(await listed(gateway, key)).toContain('one')
    const command = (...args: string[]) =>
      runCommand(['key', ...args, '--routes', gateway.routes], { cwd: gateway.folder })
    const bob = (await command('bob')).stdout.trim()
    while ((await listed(gateway, bob)) === 401);
    expect((await command('bob', '--remove')).code).toBe(0)
    while ((await listed(gateway, bob)) !== 401);
    expect((await manage(gateway, 'DELETE', '/keys/alice')).status).toBe(200)
    expect(await listed(gateway)).toContain('one')
    await gateway.stop()
  })

  test('locks out an address that guesses, until SIGHUP', async () => {
    const gateway = await start(ROUTES)
    for (let time = 0; time < 5; time++)
      await manage(gateway, 'GET', '/x', undefined, { authorization: 'x' })
    expect((await manage(gateway, 'GET', '/keys')).status).toBe(403)
    gateway.signal('SIGHUP')
    await gateway.said('management lockouts are over')
    expect((await manage(gateway, 'GET', '/keys')).status).toBe(200)
    await gateway.stop()
  })

  test('with the built-in routes has nothing to edit, and says so', async () => {
    const gateway = await start('', { env: { MANAGEMENT_PASSWORD: SECRET }, builtin: true })
    expect((await manage(gateway, 'GET', '/cooldowns')).status).toBe(200)
    const edit = await manage(gateway, 'PATCH', '/routes', [{ op: 'remove', path: ['models'] }])
    expect([edit.status, await edit.text()]).toEqual([
      409,
      expect.stringContaining('jackfield init'),
    ])
    await gateway.stop()
  })
})

test('killed in the middle of edits it leaves a whole file, and the next one goes on from there', async () => {
  for (const edits of [1, 3, 7]) {
    const folder = mkdtempSync(join(tmpdir(), 'jackfield-killed-'))
    const routes = join(folder, 'routes.yaml')
    writeFileSync(routes, ROUTES)
    const gateway = await start('', { args: ['--routes', routes] })
    let done = 0
    const editing = (async () => {
      for (let index = 0; ; index++) {
        const path = ['models', `m${index}`]
        const edit = [{ op: 'set', path, value: 'echo/echo' }]
        const answered = await manage(gateway, 'PATCH', '/routes', edit).catch(() => undefined)
        if (!answered?.ok) return
        done++
      }
    })()
    while (done < edits) await listed(gateway)
    gateway.signal('SIGKILL')
    await Promise.all([gateway.exited, editing])
    const text = readFileSync(routes, 'utf8')
    const compiled = compileTable('routes.yaml', text, { env: {}, readFile: () => '', kinds })
    expect(compiled.ok).toBe(true)
    expect(text).toStartWith(ROUTES.slice(0, ROUTES.indexOf('remote')))
    const names = text.match(/^ {2}m\d+: echo\/echo$/gm) ?? []
    expect(names.length - done).toBeOneOf([0, 1])
    const again = await runCommand(['key', 'alice'], { cwd: folder })
    expect(again.code).toBe(0)
    expect(readFileSync(routes, 'utf8')).toStartWith(text)
    expect(readdirSync(folder).filter(name => name.endsWith('.tmp'))).toEqual([])
    rmSync(folder, { recursive: true, force: true })
  }
}, 60_000)
