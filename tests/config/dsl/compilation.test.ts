import { afterEach, describe, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import Ajv from 'ajv'
import { parse } from 'yaml'
import { run as check } from '../../../src/cli/commands/check.ts'
import { formatDiagnostic, jsonSchema } from '../../../src/config/index.ts'
import type { Live } from '../../../src/gateway/live.ts'
import { createReloader, type Reloader } from '../../../src/gateway/reload.ts'
import { type App, buildApp } from '../../../src/http/app.ts'
import { fileSource } from '../../../src/store/documents/file-source.ts'
import { localGateway, type Upstream } from '../../support/local-gateway.ts'
import { compiled, diagnosticsOf, type Machine, tableOf, whole } from '../../support/routes.ts'
import { replyOf } from '../../support/small-reply.ts'
import { question } from '../../support/wires.ts'

/** §7 of the language: compilation. `explain` is tested in tests/gateway/explain.test.ts. */

const PROVIDERS =
  'providers: { a: { kind: openai-compatible, base-url: "http://a.test/v1", keys: [ k ], discover: false } }\n'

describe('every problem is printed, with file, line and column', () => {
  test('in the form of compilers, with the nearest name', () =>
    expect(
      diagnosticsOf(
        `version: 1
providers:
  openrouter: { kind: openrouter, keys: [ k ] }
models:
  coder:
    - openrouter/x
    - opnrouter/y
`,
      ),
    ).toEqual([
      'routes.yaml:7:7: models.coder[1]: no provider named "opnrouter" (did you mean "openrouter"?)',
    ]))

  test('under the file’s own name', () =>
    expect(diagnosticsOf('x: 1\n', {}, 'conf/team.yaml')[0]).toStartWith('conf/team.yaml:1:1: x: '))

  test('of every stage at once, in the order of the file', () => {
    const all = diagnosticsOf(`${PROVIDERS}server: { prot: 1, port: "\${NOPE}" }
server: {}
models:
  shape: 7
  reference: nobody/x
  cycle: cycle
  star: a/*
rules: [ { when: { hour: never }, set: { model: x } } ]
api-keys: [ changeme ]
tests: [ { ask: reference, expect: a/x, client: nobody } ]
`)
    expect(all.map(line => line.replace(/^routes.yaml:(\d+):.*/, '$1')).map(Number)).toEqual([
      3, 5, 6, 7, 8, 9, 9, 10, 11,
    ])
  })

  test('errors and warnings apart; exit code 1 with errors, 0 with warnings', async () => {
    const run = async (text: string): Promise<{ code: number; said: string }> => {
      let said = ''
      const io = {
        stdout: (more: string) => {
          said += more
        },
        stderr: (more: string) => {
          said += more
        },
        env: {},
        cwd: '/',
        readFile: () => text,
      }
      return { code: await check(['routes.yaml'], io), said }
    }
    const warning = 'providers: { p: { kind: openai } }\nversion: 1\n'
    const both = await run(`${warning}models: { m: nobody/x }\n`)
    expect(both.code).toBe(1)
    expect(both.said).toBe(`errors:
  routes.yaml:3:14: models.m: no provider named "nobody" (declared: p)
warnings:
  routes.yaml:1:14: providers.p: switched off: no key (add keys: [ … ])
routes.yaml: 1 error, 1 warning
`)
    const warned = await run(warning)
    expect(warned.code).toBe(0)
    expect(warned.said).toContain('routes.yaml is good: 0 models, 1 provider, 1 warning')
    expect((await run('')).code).toBe(1)
  })
})

describe('the table is frozen', () => {
  const table = tableOf(
    `${PROVIDERS}models: { m: { to: a/x, set: { user: { id: 1 } } } }
rules: [ { set: { x: [ 1 ] } } ]
api-keys: [ { name: ann, key: key-of-ann, models: [ m ], limits: { tokens-per-day: 1 } } ]
`,
  )
  const found = table.resolve('m')
  const provider = table.providers.get('a')
  const parts: [string, object | undefined][] = [
    ['the table', table],
    ['a provider', provider],
    ['its addresses', provider?.speaks[0]],
    ['its keys', provider?.credentials],
    ['a key', provider?.credentials[0]],
    ['its headers', provider?.headers],
    ['its timeouts', provider?.timeouts],
    ['the names', table.names],
    ['the list', table.listed],
    ['an entry of it', table.listed[0]],
    ['the rules', table.rules],
    ['a change', table.rules[0]?.edits[0]],
    ['the policy', table.policy],
    ['its cooldowns', table.policy.cooldown],
    ['the server', table.server],
    ['an API key', table.apiKeys[0]],
    ['its models', table.apiKeys[0]?.models],
    ['its limits', table.apiKeys[0]?.limits],
    ['the files', table.files],
    ['the warnings', table.warnings],
  ]
  test.each(parts)('%s', (_, part) => {
    expect(part).toBeDefined()
    expect(Object.isFrozen(part)).toBe(true)
  })

  test('and gives the same answer every time', () => {
    expect(table.resolve('m')).toBe(found)
  })
})

describe('a name becomes a target the same way on every machine', () => {
  test('whatever the order of the sections', () => {
    const sections = [
      'aliases: { n: m }\n',
      'force: { f: n }\n',
      'models: { m: a/x }\n',
      'tests: [ { ask: f, expect: a/x } ]\n',
      PROVIDERS,
    ]
    for (let turn = 0; turn < sections.length; turn++) {
      const text = [...sections.slice(turn), ...sections.slice(0, turn)].join('')
      expect(diagnosticsOf(text)).toEqual([])
    }
  })
})

describe('the JSON Schema', () => {
  const validate = new Ajv({ strict: false, allErrors: true }).compile(jsonSchema())
  test.each([
    ['no more than a file must have', {}],
    ['a provider', { providers: { a: { kind: 'openai', keys: ['k', { key: 'k', weight: 2 }] } } }],
    ['a list with a pool', { models: { m: ['a/x', ['a/y', { target: 'a/z', weight: 2 }]] } }],
    [
      'steps in steps',
      { models: { m: { to: [{ when: { stream: true }, to: [{ to: 'a/x' }] }] } } },
    ],
    ['an alias with a condition', { aliases: { m: { to: ['a/x'], when: { hour: '22-6' } } } }],
    ['durations', { policy: { keepalive: '15s', 'max-retry-interval': 0 } }],
  ])('admits %s', (_, document) => {
    validate({ version: 1, providers: { a: { kind: 'echo' } }, ...document })
    expect(validate.errors ?? []).toEqual([])
  })
  test.each([
    ['nothing', {}],
    ['no version', { providers: { a: { kind: 'echo' } } }],
    ['no provider', { version: 1, providers: {} }],
  ])('refuses %s', (_, document) => expect(validate(document)).toBe(false))
  test.each([
    ['a typo', { provders: {} }],
    ['a typo in a step', { models: { m: { to: [{ when: { strem: true }, to: 'a/x' }] } } }],
    ['a step that leads nowhere', { models: { m: { to: [{ to: 7 }] } } }],
    [
      'a level there is not',
      { providers: { a: { kind: 'openai', models: [{ name: 'm', thinking: ['hihg'] }] } } },
    ],
    ['another version', { version: 2 }],
  ])('refuses %s', (_, document) =>
    expect(validate({ version: 1, providers: { a: { kind: 'echo' } }, ...document })).toBe(false),
  )

  test('is served', async () => {
    const gateway = localGateway(PROVIDERS, () => new Response(''))
    const served = await (await gateway.call('/routes.schema.json')).json()
    expect(served).toEqual(JSON.parse(JSON.stringify(jsonSchema())) as object)
  })

  test('the names that clients may ask for are examples in swagger', async () => {
    const gateway = localGateway(`${PROVIDERS}models: { coder: a/x }\n`, () => new Response(''))
    const { paths } = (await (await gateway.call('/swagger/json')).json()) as {
      paths: Record<string, unknown>
    }
    expect(JSON.stringify(paths['/v1/messages'])).toContain('"examples":["coder"]')
  })
})

const page = resolve(
  process.env.JACKFIELD_SHARED ?? resolve(import.meta.dir, '../../../../shared'),
  'routes-dsl.md',
)
describe.skipIf(!existsSync(page))('the examples of the page itself', () => {
  const text = existsSync(page) ? readFileSync(page, 'utf8') : ''
  const examples = [...text.matchAll(/```yaml\n(.*?)```/gs)].map(([, yaml]) => yaml ?? '')
  const names = [...text.matchAll(/\$\{([A-Z_0-9]+)\}/g)].map(([, name]) => name ?? '')
  const machine: Machine = {
    env: Object.fromEntries(names.map(name => [name, `value-of-${name}`])),
    files: { 'cert.pem': 'CERT', 'key.pem': 'KEY' },
  }
  const MORE =
    'providers: { claude: { kind: anthropic, keys: [ k ] }, gemini: { kind: gemini, keys: [ k ] }, openrouter: { kind: openrouter, keys: [ k ] }, a: { kind: groq, keys: [ k ] }, b: { kind: groq, keys: [ k ] } }\nforce: { gpt-5-codex: claude/claude-sonnet-4-5 }\n'

  test('there are five', () => expect(examples).toHaveLength(5))

  test('the small file is complete: its own test holds', () => {
    expect(tableOf(examples[0] ?? '', machine).warnings.map(({ path }) => path)).toEqual([
      'aliases.claude-opus-4-5-20251101',
    ])
    // Without any key it is a file all the same.
    expect(compiled(examples[0] ?? '').ok).toBe(true)
  })

  test('the others compile, but for what this version names as missing', () => {
    for (const example of examples.slice(1)) {
      const text = example.startsWith('providers:') ? example : `${example}${MORE}`
      const result = compiled(text, machine)
      const errors = result.ok ? [] : result.diagnostics.filter(one => one.severity === 'error')
      const other = errors.filter(
        ({ message }) => !message.endsWith('is not supported by this version yet'),
      )
      expect(other.map(formatDiagnostic)).toEqual([])
    }
  })

  test('and are what the schema admits', () => {
    const validate = new Ajv({ strict: false }).compile(jsonSchema())
    for (const example of examples) {
      const document = parse(whole(example)) as Record<string, unknown>
      // What this version refuses by name is not offered either.
      for (const name of ['auth-dir', 'amp', 'notices']) delete document[name]
      validate(document)
      expect(validate.errors ?? []).toEqual([])
    }
  })
})

describe('a change of the file', () => {
  const opened: { folder: string; reloader: Reloader }[] = []
  afterEach(() => {
    for (const { folder, reloader } of opened.splice(0)) {
      reloader.stop()
      rmSync(folder, { recursive: true })
    }
  })

  /** A gateway over a file on disk, which is only read when `reload` is called. */
  function served(text: string, upstream: Upstream = () => replyOf('openai-chat', 'x', false)) {
    const folder = mkdtempSync(join(tmpdir(), 'jackfield-routes-'))
    const file = join(folder, 'routes.yaml')
    writeFileSync(file, text)
    const local = localGateway(text, upstream)
    const services = {
      ...local.services,
      readFile: (path: string) => readFileSync(path, 'utf8'),
    }
    const live: Live<App> = {
      current: { gateway: local.gateway, app: buildApp(local.gateway) },
      refused: [],
      reloads: 0,
    }
    const reloader = createReloader({
      source: fileSource(file),
      live,
      services,
      build: buildApp,
    })
    opened.push({ folder, reloader })
    const ask = async (model: string): Promise<Response> =>
      live.current.app.fetch(
        new Request('http://localhost/v1/chat/completions', {
          method: 'POST',
          body: JSON.stringify(question('openai-chat', model, false)),
        }),
      )
    return {
      ...local,
      live,
      folder,
      ask,
      write: (name: string, content: string) => writeFileSync(join(folder, name), content),
      edit(next: string) {
        writeFileSync(file, next)
        return reloader.reload()
      },
      reload: reloader.reload,
    }
  }
  const routes = (model: string, more = ''): string =>
    `${PROVIDERS}models: { ${model}: a/x }\nversion: 1\n${more}`

  test('is in force when it is good', async () => {
    const gateway = served(routes('one'))
    expect(await gateway.edit(routes('two'))).toEqual([])
    expect((await gateway.ask('two')).status).toBe(200)
    expect((await gateway.ask('one')).status).toBe(404)
    expect(gateway.live.reloads).toBe(1)
  })

  test.each([
    ['with an error', routes('two', 'prot: 1\n'), 'unknown key "prot"'],
    ['with broken YAML', 'models: { two: a/x', 'opens here and is not closed'],
    ['whose test fails', routes('two', 'tests: [ { ask: two, expect: a/y } ]\n'), 'not to a/y'],
    [
      'that names a file which is not there',
      routes('two', 'api-keys: [ "${file:key}" ]\n'),
      'cannot be read',
    ],
  ])('%s leaves the last good one serving, and says so', async (_, text, words) => {
    const gateway = served(routes('one'))
    const told = await gateway.edit(text)
    expect(told.map(formatDiagnostic).join()).toContain(words)
    expect(gateway.live.refused).toEqual(told)
    expect((await gateway.ask('one')).status).toBe(200)
    expect((await gateway.ask('two')).status).toBe(404)
    expect(gateway.logged()).toContain('the last good routes stay in force')
    expect(gateway.logged()).toContain(words)
    await gateway.edit(routes('three'))
    expect(gateway.live.refused).toEqual([])
    expect((await gateway.ask('three')).status).toBe(200)
  })

  test('lets requests end on the table they began with', async () => {
    const waiting: ((response: Response) => void)[] = []
    const gateway = served(
      routes('one'),
      () =>
        new Promise<Response>(answer => {
          waiting.push(answer)
        }),
    )
    const asked = gateway.ask('one')
    while (waiting.length === 0) await new Promise(resolve => setImmediate(resolve))
    await gateway.edit(routes('two'))
    waiting[0]?.(replyOf('openai-chat', 'x', false))
    const response = await asked
    expect(response.status).toBe(200)
    expect(response.headers.get('x-jackfield-route')).toBe('models.one')
    expect((await gateway.ask('one')).status).toBe(404)
  })

  test('is also one of a file that it names, beside it', async () => {
    const gateway = served(routes('one'))
    gateway.write('model', 'first')
    const text = routes('one').replace('a/x', '"a/${file:model}"')
    expect(await gateway.edit(text)).toEqual([])
    await gateway.ask('one')
    gateway.write('model', 'second')
    await gateway.reload()
    await gateway.ask('one')
    expect(
      gateway.received.map(({ text }) => (JSON.parse(text) as { model: string }).model),
    ).toEqual(['first', 'second'])
  })

  test('is seen by itself, also of a file for want of which an edit was refused', async () => {
    const gateway = served(routes('one'))
    await gateway.edit(routes('two', 'server: { host: "${file:host}" }\n'))
    expect(gateway.live.refused).toHaveLength(1)
    gateway.write('host', '127.0.0.1')
    while (gateway.live.refused.length > 0) await new Promise(resolve => setImmediate(resolve))
    expect((await gateway.ask('two')).status).toBe(200)
  })
})
