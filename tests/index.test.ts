import { afterEach, describe, expect, test } from 'bun:test'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import {
  type ConfigSource,
  createJackfield,
  createMemoryStore,
  InvalidRoutes,
  type Jackfield,
  type JackfieldOptions,
} from '../src/index.ts'
import { readUsage } from '../src/store/usage.ts'
import { newHome } from './support/home.ts'

/** The library: a gateway in this process, over its public interface alone. */

const ROUTES = `
version: 1
providers: { a: { kind: openai-compatible, base-url: "http://a.test/v1", keys: [ "\${KEY}" ], discover: false } }
models: { m: a/x }
`

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

const opened: Jackfield[] = []
afterEach(async () => {
  for (const jackfield of opened.splice(0)) await jackfield.close()
})

/** Upstream requests, by the value of their `authorization` header. */
function upstream() {
  const asked: (string | null)[] = []
  const fetch = Object.assign(
    async (_: unknown, init?: RequestInit) => {
      asked.push(new Headers(init?.headers).get('authorization'))
      return Response.json({
        id: 'c',
        model: 'x',
        choices: [
          { index: 0, message: { role: 'assistant', content: 'hello' }, finish_reason: 'stop' },
        ],
        usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
      })
    },
    { preconnect() {} },
  )
  return { asked, fetch }
}

async function open(options: Partial<JackfieldOptions> = {}): Promise<Jackfield> {
  const jackfield = await createJackfield({
    routes: ROUTES,
    env: { KEY: 'sk-one' },
    fetch: upstream().fetch,
    ...options,
  })
  opened.push(jackfield)
  return jackfield
}

function question(model = 'm'): Request {
  return new Request('http://localhost/v1/messages', {
    method: 'POST',
    body: JSON.stringify({ model, max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] }),
  })
}

describe('a gateway in the program’s own process', () => {
  test('answers in the protocol of the request, by the fetch and the environment it was given', async () => {
    const { asked, fetch } = upstream()
    const jackfield = await open({ fetch })
    const reply = await jackfield.fetch(question(), '127.0.0.1')
    expect(await reply.json()).toMatchObject({
      type: 'message',
      content: [{ type: 'text', text: 'hello' }],
    })
    expect(asked).toEqual(['Bearer sk-one'])
  })

  test.each([
    ['127.0.0.1', 200],
    ['::1', 200],
    ['203.0.113.5', 401],
    [undefined, 401],
  ])('without api-keys the peer %s gets a %i', async (peer, status) => {
    const jackfield = await open()
    expect((await jackfield.fetch(question(), peer)).status).toBe(status)
  })

  test('with api-keys the key decides, whatever the peer is', async () => {
    const jackfield = await open({
      routes: `${ROUTES}api-keys: [ { name: ann, key: key-of-ann } ]\n`,
    })
    const asked = question()
    asked.headers.set('x-api-key', 'key-of-ann')
    expect((await jackfield.fetch(asked)).status).toBe(200)
    expect((await jackfield.fetch(question(), '127.0.0.1')).status).toBe(401)
  })

  test('is reached at a short host name as well', async () => {
    const jackfield = await open()
    expect((await jackfield.fetch(new Request('http://a/healthz'), '127.0.0.1')).status).toBe(200)
  })

  test('explains', async () => {
    const jackfield = await open()
    expect(await jackfield.explain('m')).toMatchObject({
      found: true,
      steps: [{ targets: [{ target: 'a/x', verdict: 'asked' }] }],
    })
    expect(await jackfield.explain('n')).toMatchObject({ found: false })
  })

  test('rejects wrong routes with what is wrong with them', async () => {
    const rejected = await open({ routes: ROUTES.replace('m: a/x', 'm: b/x') }).catch(
      (error: unknown) => error,
    )
    expect(rejected).toBeInstanceOf(InvalidRoutes)
    expect((rejected as InvalidRoutes).diagnostics).toMatchObject([
      { path: 'models.m', at: { file: 'routes.yaml', line: 4 } },
    ])
    expect(String(rejected)).toContain('routes.yaml:4:')
  })

  test('two of them share nothing', async () => {
    const first = await open({ routes: ROUTES.replace('m:', 'first:') })
    const second = await open({ routes: ROUTES.replace('m:', 'second:') })
    expect((await first.fetch(question('first'), '::1')).status).toBe(200)
    expect((await second.fetch(question('first'), '::1')).status).toBe(404)
  })
})

describe('routes', () => {
  test('of a source come into force when it reports them', async () => {
    let text = ROUTES
    let changed = (): void => {}
    const routes: ConfigSource = {
      current: () => ({ name: 'routes.yaml', text }),
      follow({ judge }) {
        changed = () => void judge(Number.POSITIVE_INFINITY)
        return { check: changed, update() {}, stop() {} }
      },
    }
    const lines: string[] = []
    const jackfield = await open({ routes, log: line => void lines.push(line) })
    text = ROUTES.replace('m:', 'n:')
    changed()
    expect((await jackfield.fetch(question('n'), '::1')).status).toBe(200)
    text = 'version: 2'
    const problems = await jackfield.reload()
    expect(problems.map(({ path }) => path)).toContain('version')
    expect((await jackfield.fetch(question('n'), '::1')).status).toBe(200)
    await jackfield.close()
    expect(lines.join('')).toContain('the last good routes stay in force')
  })

  test('of a text are compiled again with the files that they name', async () => {
    let key = 'sk-one'
    const { asked, fetch } = upstream()
    const jackfield = await open({
      routes: ROUTES.replace('${KEY}', '${file:key}'),
      readFile: () => key,
      fetch,
    })
    await jackfield.fetch(question(), '::1')
    key = 'sk-two'
    expect(await jackfield.reload()).toEqual([])
    await jackfield.fetch(question(), '::1')
    expect(asked).toEqual(['Bearer sk-one', 'Bearer sk-two'])
  })
})

describe('routes of a store', () => {
  const MANAGED = `${ROUTES}remote-management: { secret-key: the-secret-of-it }\n`

  test('come into force when another program writes them', async () => {
    const store = createMemoryStore({ 'routes.yaml': ROUTES })
    const lines: string[] = []
    const jackfield = await open({ routes: undefined, store, log: line => void lines.push(line) })
    const { version = '' } = (await store.read('routes.yaml')) ?? {}
    await store.write('routes.yaml', bytes(ROUTES.replace('m:', 'n:')), version)
    // It joins the compilation that the change has begun, or begins another one.
    expect(await jackfield.reload()).toEqual([])
    expect((await jackfield.fetch(question('n'), '::1')).status).toBe(200)
  })

  test('are edited by management, and in force at once', async () => {
    const store = createMemoryStore({ 'routes.yaml': MANAGED })
    const jackfield = await open({ routes: undefined, store })
    const edits = [{ op: 'set', path: ['models', 'n'], value: 'a/y' }]
    const request = new Request('http://localhost/v0/management/routes', {
      method: 'PATCH',
      headers: { authorization: 'Bearer the-secret-of-it', 'content-type': 'application/json' },
      body: JSON.stringify(edits),
    })
    expect(await (await jackfield.fetch(request, '127.0.0.1')).json()).toMatchObject({
      ok: true,
      changed: ['config'],
    })
    expect((await jackfield.fetch(question('n'), '::1')).status).toBe(200)
    const stored = await store.read('routes.yaml')
    expect(new TextDecoder().decode(stored?.bytes)).toContain('a/y')
  })

  test('that are not there reject', async () => {
    const store = createMemoryStore()
    expect(
      await open({ routes: undefined, store }).catch((error: unknown) => error),
    ).toBeInstanceOf(InvalidRoutes)
    expect(await open({ routes: undefined }).catch((error: unknown) => error)).toBeInstanceOf(
      TypeError,
    )
  })
})

describe('what requests leave behind', () => {
  test('outlives the gateway in a folder', async () => {
    const folder = newHome()
    const jackfield = await open({ folder, now: () => Date.UTC(2026, 0, 1) })
    await (await jackfield.fetch(question(), '::1')).text()
    await jackfield.close()
    expect(readUsage(folder, 0)).toMatchObject([
      { provider: 'a', requests: 1, fresh: 3, output: 2 },
    ])
  })
})

describe('behind a server', () => {
  test('requests and WebSockets are answered', async () => {
    const jackfield = await open()
    const { fetch, websocket } = jackfield
    const server = Bun.serve({ port: 0, hostname: '127.0.0.1', idleTimeout: 0, fetch, websocket })
    try {
      const body = await question().text()
      const reply = await globalThis.fetch(`${server.url}v1/messages`, { method: 'POST', body })
      expect(reply.status).toBe(200)
      expect(reply.headers.get('x-content-type-options')).toBe('nosniff')
      const socket = new WebSocket(`${server.url.href.replace('http', 'ws')}v1/responses`)
      const { promise, resolve } = Promise.withResolvers<string>()
      socket.onmessage = ({ data }) => {
        if (String(data).includes('"response.completed"')) resolve(String(data))
      }
      socket.onopen = () =>
        socket.send(JSON.stringify({ type: 'response.create', model: 'm', input: 'hi' }))
      expect(await promise).toContain('hello')
      socket.close()
    } finally {
      await server.stop(true)
    }
  })
})

describe('the README', () => {
  const root = resolve(import.meta.dir, '..')
  const [, example = ''] =
    /## As a library.*?```ts\n(.*?)```/s.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? []

  test('has an example that runs as it stands', async () => {
    expect(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).exports['.']).toBe(
      './src/index.ts',
    )
    const file = join(newHome(), 'example.ts')
    writeFileSync(file, example.replace("'jackfield'", JSON.stringify(join(root, 'src/index.ts'))))
    const child = Bun.spawn([process.execPath, file], { stdout: 'pipe', stderr: 'pipe', env: {} })
    const [printed, faults] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ])
    expect([faults, await child.exited]).toEqual(['', 0])
    expect(printed).toContain('hello')
    expect(printed).toContain('{"status":"ok"}')
    expect(printed).toContain('echo/echo')
  })
})
