import { afterEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Live } from '../../src/gateway/live.ts'
import { createReloader, type Reloader } from '../../src/gateway/reload.ts'
import { type App, buildApp } from '../../src/http/app.ts'
import type { After } from '../../src/lib/timer.ts'
import { fileSource, type Places, placesSource } from '../../src/store/documents/file-source.ts'
import { localGateway } from '../support/local-gateway.ts'

/** When a change of the file counts. Time is moved by hand; the folder is watched for real. */

const ONE = 'version: 1\nproviders: { echo: { kind: echo } }\nmodels: { one: echo/echo }\n'
const TWO = ONE.replace('one:', 'two:')
const KEYS = 'api-keys: [ { name: alice, key: key-of-alice-1 } ]\n'

const opened: { folder: string; reloader: Reloader }[] = []
afterEach(() => {
  for (const { folder, reloader } of opened.splice(0)) {
    reloader.stop()
    rmSync(folder, { recursive: true, force: true })
  }
})

/** A clock that stands still until it is moved, and then fires what is due, in order. */
function handClock(): { after: After; advance(ms: number): void } {
  let now = 0
  const due = new Map<object, { atMs: number; run(): void }>()
  return {
    after(ms, run) {
      const key = {}
      due.set(key, { atMs: now + ms, run })
      return () => void due.delete(key)
    },
    advance(ms) {
      const until = now + ms
      for (;;) {
        const [first] = [...due].sort(([, a], [, b]) => a.atMs - b.atMs)
        if (!first || first[1].atMs > until) break
        now = first[1].atMs
        due.delete(first[0])
        first[1].run()
      }
      now = until
    },
  }
}

/** A gateway over `text` in a folder of its own. Without a text the built-in routes serve. */
function served(text: string | undefined) {
  const folder = mkdtempSync(join(tmpdir(), 'jackfield-reload-'))
  const file = join(folder, 'routes.yaml')
  if (text !== undefined) writeFileSync(file, text)
  const local = localGateway(text ?? ONE, () => new Response(null, { status: 500 }))
  const live: Live<App> = {
    current: { gateway: local.gateway, app: buildApp(local.gateway) },
    refused: [],
    reloads: 0,
  }
  const { after, advance } = handClock()
  const places: Places = {
    paths: [file],
    find: () => ([...new Bun.Glob('routes.yaml').scanSync(folder)].length > 0 ? file : undefined),
  }
  const reloader = createReloader({
    source: text === undefined ? placesSource(places, after) : fileSource(file, after),
    live,
    services: local.services,
    build: buildApp,
  })
  opened.push({ folder, reloader })
  return {
    live,
    advance,
    reloader,
    file,
    logged: () => local.logged(),
    write: (content: string) => writeFileSync(file, content),
    models: () => live.current.gateway.table.names,
    keys: () => live.current.gateway.table.apiKeys.map(({ name }) => name),
    /** As on SIGHUP; `ms` then pass. */
    async signalled(ms: number) {
      const verdict = reloader.reload()
      advance(ms)
      return verdict
    },
  }
}

describe('a change counts once the file keeps still', () => {
  test('for 150 ms, also when a signal asks for it', async () => {
    const gateway = served(ONE)
    gateway.write(TWO)
    void gateway.reloader.reload()
    gateway.advance(149)
    expect(gateway.models()).toEqual(['one'])
    gateway.advance(1)
    expect(gateway.models()).toEqual(['two'])
  })

  test('and not while it grows', async () => {
    const gateway = served(ONE + KEYS)
    gateway.write(TWO)
    void gateway.reloader.reload()
    gateway.advance(140)
    gateway.write(`${TWO}# more`)
    gateway.advance(140)
    gateway.write(TWO + KEYS)
    gateway.advance(149)
    expect(gateway.models()).toEqual(['one'])
    gateway.advance(151)
    expect([gateway.models(), gateway.keys()]).toEqual([['two'], ['alice']])
    expect(gateway.live.reloads).toBe(1)
  })

  test('nor while it is written without growing', () => {
    const gateway = served(ONE)
    gateway.write(TWO)
    void gateway.reloader.reload()
    gateway.advance(140)
    utimesSync(gateway.file, 1, 1)
    gateway.advance(159)
    expect(gateway.models()).toEqual(['one'])
    gateway.advance(151)
    expect(gateway.models()).toEqual(['two'])
  })

  test('nor while another one takes its place', () => {
    const gateway = served(ONE)
    gateway.write(TWO)
    void gateway.reloader.reload()
    gateway.advance(100)
    writeFileSync(`${gateway.file}.new`, TWO.replace('two:', 'six:'))
    renameSync(`${gateway.file}.new`, gateway.file)
    gateway.advance(300)
    expect(gateway.models()).toEqual(['six'])
    expect(gateway.live.reloads).toBe(1)
  })

  test('what we wrote ourselves counts at once', () => {
    const gateway = served(ONE + KEYS)
    gateway.write(TWO)
    expect(gateway.reloader.written(TWO)).toEqual([])
    expect([gateway.models(), gateway.keys()]).toEqual([['two'], []])
  })
})

describe('what never takes the place of good routes', () => {
  test.each([
    ['nothing', ''],
    ['white space', ' \n\n'],
    ['a remark', '# soon\n'],
    ['no version', 'providers: { echo: { kind: echo } }\n'],
    ['no provider', 'version: 1\nmodels: { two: echo/echo }\n'],
    ['an empty list of providers', 'version: 1\nproviders: {}\n'],
    ['the beginning of a section', 'version: 1\nproviders:\n'],
  ])('%s', async (_, text) => {
    const gateway = served(ONE)
    gateway.write(text)
    const verdict = await gateway.signalled(10_000)
    expect(verdict.filter(({ severity }) => severity === 'error').length).toBeGreaterThan(0)
    expect(gateway.models()).toEqual(['one'])
    expect(gateway.logged()).toContain('the last good routes stay in force')
  })

  test('every beginning of a good file keeps the keys for 2 s', async () => {
    const text = `version: 1
server: { open-to-all: false }
providers:
  echo:
    kind: echo
models:
  two: echo/echo
remote-management:
  allow-remote: true
api-keys:
  - name: alice
    key: key-of-alice-1
    models: [ two ]
    limits: { requests-per-minute: 5 }
`
    const whole = text.replace('  allow-remote: true\n', '  allow-remote: false\n')
    const gateway = served(whole)
    for (let cut = 0; cut < text.length; cut++) {
      gateway.write(text.slice(0, cut))
      await Promise.race([gateway.signalled(1_900), undefined])
      const { apiKeys, management } = gateway.live.current.gateway.table
      expect([cut, apiKeys, management.allowRemote]).toEqual([
        cut,
        [expect.objectContaining({ models: ['two'], limits: { requestsPerMinute: 5 } })],
        false,
      ])
    }
  })
})

describe('a change that lets in who is kept out', () => {
  test.each([
    ['without the keys', ONE + KEYS, TWO, 'all API keys are gone'],
    [
      'with open-to-all',
      ONE,
      `${TWO}server: { open-to-all: true }\n`,
      'server.open-to-all admits all callers',
    ],
    [
      'with a management secret',
      ONE,
      `${TWO}remote-management: { secret-key: the-secret-of-it }\n`,
      'the management API opens',
    ],
    [
      'with management from elsewhere',
      ONE,
      `${TWO}remote-management: { allow-remote: true }\n`,
      'other machines may use the management API',
    ],
    [
      'with a key that may ask for everything',
      `${ONE}${KEYS.replace(' }', ', models: [ one ] }')}`,
      TWO + KEYS,
      'the key "alice" has no models any more',
    ],
    [
      'with a key that may spend without end',
      `${ONE}${KEYS.replace(' }', ', limits: { tokens-per-day: 9 } }')}`,
      TWO + KEYS,
      'the key "alice" has no limits any more',
    ],
  ])('%s waits for 2 s, and is logged as a warning', (_, before, after, words) => {
    const gateway = served(before)
    gateway.write(after)
    void gateway.reloader.reload()
    gateway.advance(1_950)
    expect(gateway.models()).toEqual(['one'])
    gateway.advance(150)
    expect(gateway.models()).toEqual(['two'])
    const warnings = gateway
      .logged()
      .split('\n')
      .filter(line => line.includes(words))
    expect(warnings.map(line => /\bwarn\b/.test(line))).toEqual([true, true])
  })

  test('counts the 2 s anew with each write', () => {
    const gateway = served(ONE + KEYS)
    gateway.write(TWO)
    void gateway.reloader.reload()
    gateway.advance(1_900)
    gateway.write(`${TWO}#`)
    gateway.advance(1_900)
    expect(gateway.keys()).toEqual(['alice'])
    gateway.write(`${TWO}${KEYS}`)
    gateway.advance(300)
    expect([gateway.models(), gateway.keys()]).toEqual([['two'], ['alice']])
  })
})

describe('while the built-in routes serve', () => {
  test('a file that appears is in force', async () => {
    const gateway = served(undefined)
    gateway.write(TWO)
    await gateway.signalled(300)
    expect(gateway.models()).toEqual(['two'])
    expect(gateway.logged()).toContain(`${gateway.file} reloaded`)
  })

  test('a bad one is explained, and they stay; the next good one counts', async () => {
    const gateway = served(undefined)
    gateway.write('version: 1\n')
    await gateway.signalled(300)
    expect(gateway.logged()).toContain('"providers" is missing')
    expect(gateway.models()).toEqual(['one'])
    gateway.write(TWO)
    await gateway.signalled(300)
    expect(gateway.models()).toEqual(['two'])
  })

  test('no file is nothing to complain of', async () => {
    const gateway = served(undefined)
    expect(await gateway.signalled(300)).toEqual([])
    expect(gateway.logged()).not.toContain('gone')
  })

  test('a file that is gone again leaves its routes in force', async () => {
    const gateway = served(undefined)
    gateway.write(TWO)
    await gateway.signalled(300)
    rmSync(gateway.file)
    await gateway.signalled(300)
    expect(gateway.models()).toEqual(['two'])
    expect(gateway.logged()).toContain('is gone; the last good routes stay in force')
  })
})
