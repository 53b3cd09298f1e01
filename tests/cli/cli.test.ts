import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cleanEnv, command, runCommand, start } from '../support/binary.ts'

const cwd = mkdtempSync(join(tmpdir(), 'jackfield-cli-'))
afterAll(() => rmSync(cwd, { recursive: true, force: true }))
const jackfield = (...args: string[]) => runCommand(args, { cwd })
writeFileSync(
  join(cwd, 'bad.yaml'),
  'version: 1\nmodels: { m: nobody/x }\nproviders: { echo: { kind: echo } }\n',
)
writeFileSync(
  join(cwd, 'good.yaml'),
  'version: 1\nproviders: { echo: { kind: echo } }\nmodels: { m: echo/echo }\n',
)

describe('commands', () => {
  test('init writes a file that checks, once', async () => {
    expect((await jackfield('init', 'new.yaml')).code).toBe(0)
    expect(statSync(join(cwd, 'new.yaml')).mode & 0o777).toBe(0o600)
    expect((await jackfield('check', 'new.yaml')).code).toBe(0)
    writeFileSync(join(cwd, 'new.yaml'), '# mine\n')
    const again = await jackfield('init', 'new.yaml')
    expect(again.code).toBe(1)
    expect(again.stderr).toContain('is there already')
    expect(readFileSync(join(cwd, 'new.yaml'), 'utf8')).toBe('# mine\n')
    expect((await jackfield('init', 'new.yaml', '--force')).code).toBe(0)
    expect(readFileSync(join(cwd, 'new.yaml'), 'utf8')).toContain('version: 1')
  })

  test('serve: a host that others reach wants api-keys, also from the command line', async () => {
    const open = await jackfield(
      'serve',
      '--routes',
      'good.yaml',
      '--host',
      '0.0.0.0',
      '--port',
      '0',
    )
    expect(open.code).toBe(1)
    expect(open.stderr).toContain('0.0.0.0 lets other machines in, and without api-keys')
    writeFileSync(
      join(cwd, 'open.yaml'),
      `${readFileSync(join(cwd, 'good.yaml'), 'utf8')}server: { host: 0.0.0.0, open-to-all: true }\n`,
    )
    expect((await jackfield('check', 'open.yaml')).code).toBe(0)
  })

  test('plan: in words, from the names that were really asked for', async () => {
    const home = join(cwd, 'home')
    const running = await start(
      'version: 1\nproviders: { echo: { kind: echo } }\naliases: { "gpt-*": echo/echo }\n',
      { env: { JACKFIELD_HOME: home } },
    )
    await fetch(`${running.url}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'gpt-12', messages: [{ role: 'user', content: 'x' }] }),
    })
    await running.stop()
    writeFileSync(
      join(cwd, 'now.yaml'),
      'version: 1\nproviders: { echo: { kind: echo } }\naliases: { "gpt-*": echo/echo }\n',
    )
    writeFileSync(join(cwd, 'next.yaml'), 'version: 1\nproviders: { echo: { kind: echo } }\n')
    const plan = await runCommand(['plan', 'next.yaml', '--routes', 'now.yaml'], {
      cwd,
      env: { JACKFIELD_HOME: home },
    })
    expect(plan.stdout).toContain('"gpt-12": echo/echo → none')
    expect(plan.stdout).toContain('1 lead nowhere any more')
    expect(plan.code).toBe(0)
    expect((await jackfield('plan', 'bad.yaml', '--routes', 'now.yaml')).code).toBe(1)
  })

  test('explain: as a certain client would meet it', async () => {
    writeFileSync(
      join(cwd, 'when.yaml'),
      'version: 1\nproviders: { echo: { kind: echo } }\nmodels: { m: { to: [ { when: { client: amp, input-tokens: ">10k" }, to: echo/long }, echo/echo ] } }\n',
    )
    const amp = ['explain', 'm', '--routes', 'when.yaml', '--client', 'amp']
    expect((await jackfield(...amp, '--input-tokens', '20k')).stdout).toContain('1. echo/long')
    expect((await jackfield(...amp)).stdout).toContain('1. echo/echo')
    expect((await jackfield(...amp, '--hour', '99')).stderr).toContain('expected 0 to 23')
    expect((await jackfield('explain', 'm', '--client', 'amq')).stderr).toContain('--client amq')
  })

  test('check: errors with place and remedy, exit code 1', async () => {
    const { code, stdout } = await jackfield('check', 'bad.yaml')
    expect(code).toBe(1)
    expect(stdout).toContain('bad.yaml:2:14: models.m: no provider named "nobody"')
    expect(stdout).toContain('1 error, 0 warnings')
  })

  test('explain: rules with their lines, targets in order', async () => {
    const { code, stdout } = await jackfield('explain', 'm', '--routes', 'good.yaml')
    expect(code).toBe(0)
    expect(stdout).toContain('4 models: models.m (good.yaml:3)')
    expect(stdout).toContain('1. echo/echo (good.yaml:3)')
    expect(stdout).toContain('with echo/none, which is able')
    expect((await jackfield('explain', 'zzz', '--routes', 'good.yaml')).code).toBe(1)
    expect(
      JSON.parse((await jackfield('explain', 'm', '--routes', 'good.yaml', '--json')).stdout).found,
    ).toBe(true)
  })

  test('schema is JSON Schema that knows the language', async () => {
    const schema = JSON.parse((await jackfield('schema')).stdout)
    expect(Object.keys(schema.properties)).toEqual(
      expect.arrayContaining(['providers', 'models', 'aliases', 'force', 'rules', 'tests']),
    )
  })

  test('version and help', async () => {
    expect((await jackfield('version')).stdout).toMatch(/^jackfield \d+\.\d+\.\d+ /)
    expect((await jackfield('--version')).stdout).toMatch(/^jackfield /)
    expect((await jackfield('--help')).stdout).toContain('usage: jackfield')
    for (const command of [
      'serve',
      'check',
      'explain',
      'schema',
      'init',
      'import',
      'plan',
      'key',
      'usage',
      'version',
    ]) {
      const { code, stdout } = await jackfield(command, '--help')
      expect([command, code, stdout.startsWith(`usage: jackfield`)]).toEqual([command, 0, true])
      expect(await jackfield('help', command)).toEqual({ code: 0, stdout, stderr: '' })
    }
  })

  test.each([
    ['schema', ''],
    ['help', ''],
    ['nope', '2>&1 '],
  ])('%s ends quietly when its output is not read to the end', async (args, more) => {
    const whole = `${command.map(part => `'${part}'`).join(' ')} ${args} ${more}| true`
    const child = Bun.spawn(['sh', '-c', whole], { env: cleanEnv(), stderr: 'pipe' })
    expect(await new Response(child.stderr).text()).toBe('')
    expect(await child.exited).toBe(0)
  })

  test.each([
    [['nope'], 'there is no command "nope"'],
    [['serve', '--routes', 'missing.yaml'], 'cannot be read'],
    [['serve', '--routes', 'bad.yaml'], 'no provider named "nobody"'],
    [['serve', '--routes', 'good.yaml', '--port', 'x'], '--port x'],
    [['chek'], 'did you mean "check"?'],
    [['help', 'chek'], 'did you mean "check"?'],
    [['serve', '--prot', '1'], `unknown option '--prot' (did you mean "--port"?)`],
    [['--prot', '1'], `unknown option '--prot' (did you mean "--port"?)`],
    [['serve', 'routes.yaml'], 'takes no argument such as "routes.yaml"'],
    [['serve', '--port'], '--port wants a value'],
    [['serve', '--port', ''], 'expected a number from 0 to 65535'],
    [['serve', '--routes', '--port'], '--routes wants a value'],
    [['check', '--json'], "unknown option '--json' (there are --help)"],
    [['check', 'good.yaml', 'bad.yaml'], 'one file at a time, not "bad.yaml" too'],
    [['schema', '--pretty'], "unknown option '--pretty'"],
    [['schema', 'x'], 'takes no argument such as "x"'],
    [['init', 'x.yaml', 'y.yaml'], 'one file at a time, not "y.yaml" too'],
    [['init', '--forc'], 'did you mean "--force"?'],
    [['explain', 'm', 'n'], 'one name at a time, not "n" too'],
    [['plan', 'good.yaml', 'bad.yaml'], 'one file at a time, not "bad.yaml" too'],
    [['usage', '--json=1'], '--json takes no value'],
    [['version', 'x'], 'takes no argument such as "x"'],
    [['help', '--json'], "unknown option '--json'"],
    [['explain'], 'which name?'],
    [['check', 'missing.yaml'], 'cannot be read'],
  ])('%j: one clear sentence and exit code 1', async (args, words) => {
    const { code, stderr } = await runCommand(args, { cwd })
    expect(code).toBe(1)
    expect(stderr).toContain(words)
  })

  test('a busy port is named', async () => {
    const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response('') })
    const { port } = server
    const { code, stderr } = await jackfield(
      'serve',
      '--routes',
      'good.yaml',
      '--port',
      String(port),
    )
    await server.stop(true)
    expect(code).toBe(1)
    expect(stderr).toContain(`port ${port} on 127.0.0.1 is in use`)
  })
})

describe('stopping', () => {
  const ROUTES = 'version: 1\nproviders: { echo: { kind: echo } }\n'
  const slow = (url: string) =>
    fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({
        model: 'echo',
        stream: true,
        messages: [{ role: 'user', content: '[[slow 60ms]] [[repeat 30 word]]' }],
      }),
    })

  test('SIGTERM lets a running stream finish, then exits 0', async () => {
    const gateway = await start(ROUTES)
    const response = await slow(gateway.url)
    gateway.signal('SIGTERM')
    await gateway.said('stopping')
    expect(await response.text()).toContain('[DONE]')
    expect(await gateway.exited).toBe(0)
  })

  test('SIGQUIT does the same; SIGUSR1 and SIGUSR2 end nothing', async () => {
    const gateway = await start(ROUTES)
    const response = await slow(gateway.url)
    for (const signal of ['SIGUSR1', 'SIGUSR2'] as const) {
      gateway.signal(signal)
      await gateway.said(`${signal} means nothing here`)
    }
    gateway.signal('SIGQUIT')
    await gateway.said('stopping')
    expect(await response.text()).toContain('[DONE]')
    expect(await gateway.exited).toBe(0)
  })

  test('a gateway whose log is not read any more goes on serving', async () => {
    writeFileSync(join(cwd, 'debug.yaml'), `${ROUTES}logging: { level: debug }\n`)
    const child = Bun.spawn([...command, '--routes', 'debug.yaml', '--port', '0'], {
      cwd,
      env: cleanEnv({ JACKFIELD_HOME: join(cwd, 'unread') }),
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const reader = child.stderr.getReader()
    const first = new TextDecoder().decode((await reader.read()).value)
    await reader.cancel()
    const url = /listens on (http\S+)/.exec(first)?.[1] ?? ''
    for (let turn = 0; turn < 5; turn++)
      expect((await (await slow(url)).text()).endsWith('data: [DONE]\n\n')).toBe(true)
    child.kill('SIGTERM')
    expect(await child.exited).toBe(0)
  })

  test('a second signal ends at once', async () => {
    const gateway = await start(ROUTES)
    const response = await slow(gateway.url)
    gateway.signal('SIGTERM')
    await gateway.said('stopping')
    gateway.signal('SIGINT')
    expect(await gateway.exited).toBe(130)
    await response.text().catch(() => {})
  })
})
