import { describe, expect, test } from 'bun:test'
import { compileFirst } from '../../src/gateway/compile.ts'
import { putInForce } from '../../src/gateway/in-force.ts'
import { createMemoryState } from '../../src/store/state/memory.ts'
import { type Discovering, discovering, quiet, until } from '../support/discovering.ts'
import type { Received, Upstream } from '../support/local-gateway.ts'

const MINUTE = 60_000
/** Jitter takes a tenth off: the harness's chance is always 0. */
const REFRESH = 54 * MINUTE
const RETRY = 27_000

const provider = (id: string, more = ''): string =>
  `  ${id}: { kind: openai-compatible, base-url: "http://${id}.test/v1", keys: [ secret-of-${id} ]${more} }\n`
const routes = (...providers: string[]): string => `version: 1\nproviders:\n${providers.join('')}`
const A = routes(provider('a'))
const CLAUDE = 'version: 1\nproviders: { claude: { kind: anthropic, keys: [ k ] } }\n'

const list = (...names: string[]): Response => Response.json({ data: names.map(id => ({ id })) })
const isList = ({ path }: Received): boolean => path.endsWith('/models')
const CHAT = { messages: [{ role: 'user', content: 'hi' }] }

/** Starts asking and waits for the answer to be in force. */
async function discovered(gateway: Discovering): Promise<Discovering> {
  const before = gateway.live.current
  gateway.discovery.follow(gateway.gateway.table)
  await until(() => gateway.live.current !== before)
  return gateway
}

/** Starts asking and waits for the log to say so. */
async function told(gateway: Discovering, words: string): Promise<Discovering> {
  gateway.discovery.follow(gateway.gateway.table)
  await until(() => gateway.logged().includes(words))
  return gateway
}

const lines = (gateway: Discovering, words: string): number =>
  gateway
    .logged()
    .split('\n')
    .filter(line => line.includes(words)).length

describe('a list', () => {
  test('is in force when it comes: listed, and served by its upstream', async () => {
    const gateway = await discovered(
      discovering(A, one =>
        isList(one) ? list('x', 'y/z') : Response.json({ id: 'c', model: 'x', choices: [] }),
      ),
    )
    expect(await gateway.listed()).toEqual(['x', 'y/z'])
    const request = new Request('http://localhost/v1/chat/completions', {
      method: 'POST',
      body: JSON.stringify({ ...CHAT, model: 'y/z' }),
    })
    await gateway.live.current.app.fetch(request)
    expect(JSON.parse(gateway.received.at(-1)?.text ?? '')).toMatchObject({ model: 'y/z' })
    expect(gateway.logged()).toContain('a lists 2 models new=2 gone=0')
  })

  test('tells what a model cannot take, and such requests go elsewhere', async () => {
    const two = `${routes(provider('a'), provider('b', ', models: [ eyes ]'))}models: { m: [ a/blind, b/eyes ] }\n`
    const gateway = await discovered(
      discovering(two, one =>
        isList(one)
          ? Response.json({ data: [{ id: 'blind', architecture: { input_modalities: ['text'] } }] })
          : Response.json({ id: 'c', model: 'x', choices: [] }),
      ),
    )
    const picture = { type: 'image_url', image_url: { url: 'http://a.test/a.png' } }
    const request = new Request('http://localhost/v1/chat/completions', {
      method: 'POST',
      body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: [picture] }] }),
    })
    await gateway.live.current.app.fetch(request)
    expect(gateway.received.at(-1)?.url).toContain('b.test')
  })

  test('is asked for under our own name, with the credential, and nothing of any client', async () => {
    const gateway = await discovered(
      discovering(
        routes(
          provider('a', ', headers: { x-team: infra, x-trace: "$x-request-id" }'),
          '  b: { kind: anthropic, keys: [ { key: k, headers: { x-org: o } } ] }\n',
          '  c: { kind: gemini, keys: [ k ] }\n',
          '  d: { kind: ollama }\n',
        ),
        ({ url }) => (url.includes('google') ? Response.json({ models: [] }) : list('x')),
      ),
    )
    await until(() => gateway.received.length === 4)
    const sent = gateway.received.map(
      ({ url, headers, text }): Record<string, string> => ({
        url,
        text,
        ...Object.fromEntries(headers),
      }),
    )
    const ours = {
      accept: 'application/json',
      'accept-encoding': 'identity',
      'user-agent': 'jackfield/test',
      text: '',
    }
    expect(sent).toEqual([
      {
        ...ours,
        url: 'http://a.test/v1/models',
        authorization: 'Bearer secret-of-a',
        'x-team': 'infra',
      },
      {
        ...ours,
        url: 'https://api.anthropic.com/v1/models?limit=1000',
        'x-api-key': 'k',
        'x-org': 'o',
        'anthropic-version': '2023-06-01',
      },
      {
        ...ours,
        url: 'https://generativelanguage.googleapis.com/v1beta/models?pageSize=1000',
        'x-goog-api-key': 'k',
      },
      { ...ours, url: 'http://127.0.0.1:11434/v1/models' },
    ])
  })

  test('goes through the proxy of the key, else of the provider', async () => {
    const gateway = discovering(
      routes(
        provider('a', ', proxy-url: "http://proxy.test:1"'),
        '  b: { kind: openai-compatible, base-url: "http://b.test/v1?v=2", proxy-url: "http://unused.test:1", keys: [ { key: k, proxy-url: direct } ] }\n',
      ),
      () => list('x'),
    )
    gateway.discovery.follow(gateway.gateway.table)
    await until(() => gateway.received.length === 2)
    expect(gateway.received.map(({ proxy }) => proxy)).toEqual(['http://proxy.test:1', false])
    expect(gateway.received[1]?.url).toBe('http://b.test/v1/models?v=2')
  })

  test('of several pages is put together', async () => {
    const gateway = await discovered(
      discovering(CLAUDE, ({ url }) => {
        const after = new URL(url).searchParams.get('after_id')
        return Response.json({
          data: [{ id: after ? 'claude-second' : 'claude-first' }],
          has_more: !after,
          last_id: 'claude-first',
        })
      }),
    )
    expect(await gateway.listed()).toEqual(['claude-first', 'claude-second'])
    expect(gateway.received.map(({ url }) => new URL(url).search)).toEqual([
      '?limit=1000',
      '?limit=1000&after_id=claude-first',
    ])
  })

  test('of pages without end comes to one', async () => {
    let page = 0
    const gateway = await discovered(
      discovering(CLAUDE, () =>
        Response.json({ data: [{ id: `claude-${page++}` }], has_more: true, last_id: 'x' }),
      ),
    )
    expect(gateway.asked()).toBe(20)
    expect(await gateway.listed()).toHaveLength(20)
  })

  test('that two providers have in common is asked for once', async () => {
    const same = (id: string, more: string): string =>
      `  ${id}: { kind: vllm, keys: [ k ], ${more} }\n`
    const gateway = await discovered(
      discovering(routes(same('a', 'prefix: one'), same('b', 'prefix: two')), () => list('x')),
    )
    expect(await gateway.listed()).toEqual(['one/x', 'two/x'])
    expect(gateway.asked()).toBe(1)
  })

  test('no route needs is not asked for', async () => {
    const gateway = discovering(
      routes(
        provider('a', ', discover: false'),
        provider('b', ', models: [ m ]'),
        provider('c', ', disabled: true'),
        '  d: { kind: openai, keys: [ "${NOT_SET}" ] }\n',
        '  e: { kind: echo }\n',
        '  f: { kind: azure-openai, base-url: "http://f.test/openai/v1", keys: [ k ] }\n',
      ),
      () => list('x'),
    )
    gateway.discovery.follow(gateway.gateway.table)
    await quiet()
    expect(gateway.received).toEqual([])
  })
})

describe('what goes wrong leaves everything as it was', () => {
  const endless = (): Response =>
    new Response(
      new ReadableStream({ pull: controller => controller.enqueue(new Uint8Array(1_000_000)) }),
    )

  test.each<[string, Upstream, string]>([
    [
      'a wrong key',
      () => Response.json({ error: { message: 'not secret-of-a' } }, { status: 401 }),
      'a did not tell its list of models (status 401 with a/key-1); what is known of it stays; check its keys',
    ],
    [
      'a redirect',
      () => Response.redirect('http://elsewhere.test/v1/models'),
      'status 302 with a/key-1',
    ],
    ['no JSON', () => new Response('<html>'), 'what a/key-1 got is no list of models'],
    ['no list', () => Response.json({ ok: true }), 'what a/key-1 got is no list of models'],
    ['far too much', endless, 'what a/key-1 got is longer than 16 MB'],
    [
      'a connection refused',
      () => {
        throw Object.assign(new Error('http://user:secret-of-a@a.test'), { code: 'ECONNREFUSED' })
      },
      'ECONNREFUSED with a/key-1); what is known of it stays; is its base-url right and the service up?',
    ],
  ])('%s', async (_, upstream, words) => {
    const gateway = await told(discovering(A, upstream), words)
    expect(gateway.logged()).toContain(' warn ')
    expect(gateway.logged()).not.toContain('secret-of-a')
    expect(gateway.live.current.gateway).toBe(gateway.gateway)
    expect(gateway.received).toHaveLength(1)
  })

  test('an upstream without a list is told once, and not as a fault', async () => {
    const gateway = await told(
      discovering(A, () => new Response(null, { status: 404 })),
      'a has no list of models (status 404 with a/key-1); write them down',
    )
    await gateway.settled()
    expect(gateway.logged()).not.toContain(' warn ')
    gateway.advance(REFRESH - 1)
    await quiet()
    expect(gateway.asked()).toBe(1)
    gateway.advance(1)
    await until(() => gateway.asked() === 2)
    await gateway.settled()
    expect(lines(gateway, 'has no list')).toBe(1)
  })

  test('an upstream that never answers is let go of after ten seconds', async () => {
    const gateway = discovering(A, () => new Promise(() => {}))
    gateway.discovery.follow(gateway.gateway.table)
    await until(() => gateway.asked() === 1)
    gateway.advance(9_999)
    await quiet()
    expect(gateway.received[0]?.signal.aborted).toBe(false)
    gateway.advance(1)
    await until(() => gateway.logged().includes('no answer within 10 s'))
    expect(gateway.received[0]?.signal.aborted).toBe(true)
  })

  test('no credential cools down for it, nothing is counted, and the next one is asked', async () => {
    const gateway = await discovered(
      discovering(A.replace('[ secret-of-a ]', '[ one, two, three ]'), ({ headers }) =>
        headers.get('authorization') === 'Bearer two'
          ? list('x')
          : new Response(null, { status: 429 }),
      ),
    )
    expect(await gateway.listed()).toEqual(['x'])
    expect(gateway.asked()).toBe(2)
    expect(gateway.services.pool.states()).toEqual([])
    expect(gateway.services.ledger.tallies().size).toBe(0)
    expect(gateway.logged()).not.toContain('did not tell')
  })

  test('a kind’s own models serve meanwhile', async () => {
    const gateway = await told(
      discovering(CLAUDE, () => new Response(null, { status: 500 })),
      'claude did not tell',
    )
    expect(await gateway.listed()).toContain('claude-opus-5')
  })

  test('it is asked again, ever later, and told when it begins and when it is over', async () => {
    let down = false
    const gateway = await discovered(
      discovering(A, () => (down ? new Response(null, { status: 503 }) : list('x'))),
    )
    down = true
    gateway.advance(REFRESH)
    await until(() => gateway.logged().includes('a did not tell'))
    await gateway.settled()
    expect(await gateway.listed()).toEqual(['x'])
    let asked = gateway.asked()
    for (const wait of [RETRY, 2 * RETRY, 4 * RETRY, 8 * RETRY]) {
      gateway.advance(wait - 1)
      await quiet()
      expect(gateway.asked()).toBe(asked)
      gateway.advance(1)
      await until(() => gateway.asked() === asked + 1)
      await gateway.settled()
      asked++
    }
    expect(lines(gateway, 'did not tell')).toBe(1)
    down = false
    gateway.advance(16 * RETRY)
    await until(() => gateway.logged().includes('a tells its list of models again'))
    await gateway.settled()
    expect(await gateway.listed()).toEqual(['x'])
    down = true
    gateway.advance(REFRESH)
    await until(() => lines(gateway, 'did not tell') === 2)
  })
})

describe('a list that changes', () => {
  test('is asked for every hour and nothing is in between; what is the same changes nothing', async () => {
    let names = ['x', 'y']
    const gateway = await discovered(discovering(A, () => list(...names)))
    const { current } = gateway.live
    names = ['y', 'x']
    gateway.advance(REFRESH - 1)
    await quiet()
    expect(gateway.asked()).toBe(1)
    gateway.advance(1)
    await until(() => gateway.asked() === 2)
    await gateway.settled()
    await quiet()
    expect(gateway.live.current).toBe(current)
    names = ['x', 'z']
    gateway.advance(REFRESH)
    await until(() => gateway.live.current !== current)
    expect(await gateway.listed()).toEqual(['x', 'z'])
    expect(gateway.logged()).toContain('a lists 2 models new=1 gone=1')
    expect(gateway.live.reloads).toBe(0)
  })

  test('is asked for at once on demand, also while it is being asked for', async () => {
    const answers: ((reply: Response) => void)[] = []
    const gateway = discovering(A, () => new Promise(resolve => void answers.push(resolve)))
    gateway.discovery.follow(gateway.gateway.table)
    await until(() => answers.length === 1)
    gateway.discovery.refresh()
    await quiet()
    expect(answers).toHaveLength(1)
    answers[0]?.(list('x'))
    await until(() => answers.length === 2)
    answers[1]?.(list('y'))
    await until(async () => (await gateway.listed()).includes('y'))
    await quiet()
    expect(answers).toHaveLength(2)
    gateway.discovery.refresh()
    await until(() => answers.length === 3)
  })

  test('so that the file’s own tests fail leaves the last good routes in force', async () => {
    let names = ['x']
    const tested = `${A}models: { m: a/m }\naliases: { y: m }\ntests: [ { ask: y, expect: a/m } ]\n`
    const gateway = await discovered(discovering(tested, () => list(...names)))
    const { current } = gateway.live
    names = ['x', 'y']
    gateway.discovery.refresh()
    await until(() => gateway.logged().includes('"y" leads to a/y, not to a/m'))
    expect(gateway.logged()).toContain('the last good routes stay in force')
    expect(gateway.live.current).toBe(current)
    expect(gateway.live.refused).toEqual([])
    expect(await gateway.listed()).not.toContain('z')
    names = ['x', 'z']
    gateway.discovery.refresh()
    await until(async () => (await gateway.listed()).includes('z'))
  })

  test('tells of an alias that it makes unreachable, once', async () => {
    let names = ['x']
    const gateway = await discovered(
      discovering(`${A}models: { m: a/m }\naliases: { y: m }\n`, () => list(...names)),
    )
    expect(gateway.logged()).not.toContain('never reached')
    for (const next of [
      ['x', 'y'],
      ['x', 'y', 'z'],
    ]) {
      names = next
      const { current } = gateway.live
      gateway.discovery.refresh()
      await until(() => gateway.live.current !== current)
    }
    expect(lines(gateway, "aliases.y: never reached; a's own model of that name")).toBe(1)
  })

  test('leaves an edit refused that was refused before', async () => {
    const gateway = discovering(A, () => list('x'))
    const refused = [
      {
        severity: 'error' as const,
        path: '',
        message: 'bad',
        hint: 'mend it',
        at: { file: 'routes.yaml', line: 1, column: 1 },
      },
    ]
    gateway.live.refused = refused
    await discovered(gateway)
    expect(gateway.live.refused).toBe(refused)
  })
})

describe('a restart', () => {
  const offline: Upstream = () => {
    throw new Error('offline')
  }

  test('has the lists at once, even offline', async () => {
    const state = createMemoryState(() => Date.UTC(2026, 0, 1))
    await discovered(discovering(A, () => list('x'), { state }))
    const again = discovering(A, offline, { state })
    expect(await again.listed()).toEqual(['x'])
    await told(again, 'a did not tell')
    expect(await again.listed()).toEqual(['x'])
  })

  test('with lists that fail the file’s tests serves without them, and says so', async () => {
    const state = createMemoryState(() => Date.UTC(2026, 0, 1))
    await discovered(discovering(A, () => list('y'), { state }))
    const { services } = discovering(A, offline, { state })
    const tested = `${A}models: { m: a/m }\naliases: { y: m }\ntests: [ { ask: y, expect: a/m } ]\n`
    const first = compileFirst('routes.yaml', tested, services)
    expect(first.ok && first.value.table.listed.map(({ id }) => id)).toEqual(['m', 'y'])
    expect(first.ok && first.warnings.map(({ message }) => message)).toEqual([
      '"y" leads to a/y, not to a/m, with the models that were discovered; they are left out',
    ])
    expect(compileFirst('routes.yaml', tested.replace('ask: y', 'ask: n'), services).ok).toBe(false)
  })
})

describe('who is asked', () => {
  test('four at a time, the others as these are done', async () => {
    const answers: ((reply: Response) => void)[] = []
    const ids = ['a', 'b', 'c', 'd', 'e', 'f']
    const gateway = discovering(
      routes(...ids.map(id => provider(id))),
      () => new Promise(resolve => void answers.push(resolve)),
    )
    gateway.discovery.follow(gateway.gateway.table)
    await until(() => answers.length === 4)
    await quiet()
    expect(answers).toHaveLength(4)
    answers[2]?.(list('x'))
    await until(() => answers.length === 5)
    await quiet()
    expect(answers).toHaveLength(5)
    for (const answer of answers) answer(list('x'))
    await until(() => answers.length === 6)
  })

  test('those of the table in force: new ones join, old ones are let go, failed ones tried again', async () => {
    const gateway = discovering(routes(provider('a'), provider('b'), provider('c')), ({ url }) => {
      if (url.includes('//a.')) return new Promise(() => {})
      return url.includes('//b.') ? list('x') : new Response(null, { status: 500 })
    })
    await told(gateway, 'c did not tell')
    const later = discovering(routes(provider('b'), provider('c'), provider('d')), () => list())
    putInForce({ ...later.gateway, services: gateway.services })
    gateway.discovery.follow(later.gateway.table)
    await until(() => gateway.received.some(({ url }) => url.includes('//d.')))
    await quiet()
    const asked = (id: string) => gateway.received.filter(({ url }) => url.includes(`//${id}.`))
    expect(asked('a')[0]?.signal.aborted).toBe(true)
    expect(['a', 'b', 'c', 'd'].map(id => asked(id).length)).toEqual([1, 1, 2, 1])
  })

  test('no upstream any more once it is stopped', async () => {
    const gateway = discovering(A, () => new Promise(() => {}))
    gateway.discovery.follow(gateway.gateway.table)
    await until(() => gateway.asked() === 1)
    gateway.discovery.stop()
    expect(gateway.received[0]?.signal.aborted).toBe(true)
    await quiet()
    gateway.advance(24 * REFRESH)
    gateway.discovery.refresh()
    await quiet()
    expect(gateway.asked()).toBe(1)
    expect(gateway.logged()).toBe('')
  })
})
