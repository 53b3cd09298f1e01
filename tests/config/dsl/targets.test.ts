import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import { type SampleFacts, sampleFacts } from '../../../src/routing/facts.ts'
import type { Step } from '../../../src/routing/table.ts'
import { type LocalGateway, renewedGateway } from '../../support/local-gateway.ts'
import { diagnosticsOf, routeText, tableOf } from '../../support/routes.ts'
import { modelsIn, replyOf } from '../../support/small-reply.ts'
import { MODELS, pathOf, question, PROVIDERS as UPSTREAMS, WIRES } from '../../support/wires.ts'

/** §2 of the language: targets, fallbacks and pools, and what the long form says of them. */

const PROVIDERS = `
providers:
  a: { kind: openai-compatible, base-url: "http://a.test/v1", keys: [ k ], models: [ listed ], discover: true }
  b: { kind: openai-compatible, base-url: "http://b.test/v1", keys: [ k ], models: [ listed ], discover: true }
  c: { kind: openai-compatible, base-url: "http://c.test/v1", keys: [ k ], timeout: { first-byte: 9s, idle: 8s } }
`
const table = (yaml: string) => tableOf(`${PROVIDERS}${yaml}\n`)

function stepsOf(yaml: string, asked = 'm', given?: Partial<SampleFacts>): readonly Step[] {
  const resolution = table(yaml).resolve(asked, given && sampleFacts(asked, given))
  if (!resolution.found) throw new Error(`${asked} is not found`)
  return resolution.route.steps
}

describe('a destination is a target or a list of them', () => {
  test.each([
    ['a target', 'a/x', 'a/x'],
    ['slashes belong to the model', 'a/x/y/z', 'a/x/y/z'],
    ['with a scheme', 'a://x/y', 'a/x/y'],
    ['with a suffix', 'a/x(high)', 'a/x(high)'],
    ['with a suffix that is no level', 'a/x(soon)', 'a/x'],
    ['another entry of models', 'n', 'b/n'],
    ['an entry of aliases', 'o', 'c/o'],
    ['another entry with a suffix', 'n(low)', 'b/n(low)'],
    ['a name of the catalogue', 'listed', 'a/listed | b/listed'],
    ['a list falls back', '[ a/x, b/y, c/z ]', 'a/x, b/y, c/z'],
    ['a list in a list shares', '[ a/x, [ b/y, c/z ] ]', 'a/x, b/y | c/z'],
    ['a pool alone', '[ [ a/x, b/y ] ]', 'a/x | b/y'],
    ['the same one twice', '[ [ a/x, a/x ], a/x ]', 'a/x | a/x, a/x'],
    ['an entry in a list brings its steps', '[ p, b/y ]', 'a/1, b/2 | c/3, b/y'],
    ['an entry in a pool brings its members', '[ [ p, b/y ] ]', 'a/1 | b/2 | c/3 | b/y'],
    ['the long form of a target', '[ { target: a/x }, { target: b/y(low) } ]', 'a/x, b/y(low)'],
    ['the long form of a model', '{ to: a/x }', 'a/x'],
    ['the long form with a list', '{ to: [ a/x, [ b/y, c/z ] ] }', 'a/x, b/y | c/z'],
    [
      'a step without a condition',
      '{ to: [ { to: a/x }, { to: [ b/y, c/z ] } ] }',
      'a/x, b/y, c/z',
    ],
    ['a step of one long target', '[ { to: { target: a/x, timeout: { idle: 1s } } } ]', 'a/x'],
    ['steps in steps', '[ { to: [ { to: [ { to: a/x } ] } ] }, b/y ]', 'a/x, b/y'],
    ['a pool in a step', '[ { to: [ [ a/x, b/y ] ] }, c/z ]', 'a/x | b/y, c/z'],
  ])('%s', (_, destination, leadsTo) => {
    const yaml = `models: { m: ${destination}, n: b/n, p: [ a/1, [ b/2, c/3 ] ] }\naliases: { o: c/o }`
    expect(routeText(table(yaml).resolve('m'))).toBe(leadsTo)
  })
})

describe('weights', () => {
  test.each([
    ['of members', '[ [ { target: a/x, weight: 3 }, b/y ] ]', 'a/x*3 | b/y'],
    ['none is a weight, too', '[ [ { target: a/x, weight: 0 }, b/y ] ]', 'a/x*0 | b/y'],
    ['of a member that is a pool', '[ [ { target: n, weight: 3 }, c/z ] ]', 'a/1*6 | b/2*3 | c/z'],
  ])('%s', (_, to, leadsTo) =>
    expect(
      routeText(
        table(
          `models: { m: { to: ${to}, strategy: weighted }, n: { to: [ [ { target: a/1, weight: 2 }, b/2 ] ], strategy: weighted } }`,
        ).resolve('m'),
      ),
    ).toBe(leadsTo),
  )

  test.each([
    [
      'in a list that falls back',
      '{ to: [ { target: a/x, weight: 3 }, b/y ], strategy: weighted }',
      'weight means nothing outside a pool',
    ],
    [
      'in a pool that goes round',
      '[ [ { target: a/x, weight: 3 }, b/y ] ]',
      'weight means nothing to a pool that is round-robin',
    ],
  ])('mean nothing %s, which is a warning', (_, entry, words) => {
    const warnings = diagnosticsOf(`${PROVIDERS}models: { m: ${entry} }\n`)
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain(words)
  })
})

describe('a strategy', () => {
  test.each([
    ['is round-robin', '[ [ a/x, b/y ] ]', 'round-robin'],
    ['is what the entry says', '{ to: [ [ a/x, b/y ] ], strategy: weighted }', 'weighted'],
    ['may be fill-first', '{ to: [ [ a/x, b/y ] ], strategy: fill-first }', 'fill-first'],
    ['may be least-latency', '{ to: [ [ a/x, b/y ] ], strategy: least-latency }', 'least-latency'],
    ['is that of the pool’s own entry', '{ to: n, strategy: fill-first }', 'weighted'],
  ])('%s', (_, entry, strategy) => {
    const yaml = `models: { m: ${entry}, n: { to: [ [ a/x, b/y ] ], strategy: weighted } }\npolicy: { strategy: fill-first }`
    expect(stepsOf(yaml)[0]?.strategy as string).toBe(strategy)
  })

  test('an alias may have one of its own', () =>
    expect(
      stepsOf('aliases: { m: { to: [ [ a/x, b/y ] ], strategy: fill-first } }')[0]?.strategy,
    ).toBe('fill-first'))

  const hosts = async (yaml: string, asked: string): Promise<string> => {
    const gateway = renewedGateway(`${PROVIDERS}${yaml}\n`, () =>
      replyOf('openai-chat', 'x', false),
    )
    const json = { model: asked, messages: [{ role: 'user', content: 'x' }] }
    for (let at = 0; at < 8; at++) await gateway.call('/v1/chat/completions', { json })
    return gateway.received.map(({ url }) => new URL(url).host[0]).join('')
  }
  test.each([
    ['round-robin: in turn', 'models: { m: [ [ a/x, b/y ] ] }', 'abababab'],
    [
      'fill-first: the first as long as it can',
      'models: { m: { to: [ [ a/x, b/y ] ], strategy: fill-first } }',
      'aaaaaaaa',
    ],
    [
      'weighted: by weight, well mixed',
      'models: { m: { to: [ [ { target: a/x, weight: 3 }, b/y ] ], strategy: weighted } }',
      'aabaaaba',
    ],
    [
      'policy.strategy is about the keys of one provider',
      'models: { m: [ [ a/x, b/y ] ] }\npolicy: { strategy: fill-first }',
      'abababab',
    ],
  ])('%s', async (_, yaml, order) => expect(await hosts(yaml, 'm')).toBe(order))

  test('providers that list the same name share the load as the keys of one do', async () => {
    expect(await hosts('', 'listed')).toBe('abababab')
    expect(await hosts('policy: { strategy: fill-first }', 'listed')).toBe('aaaaaaaa')
  })
})

test('a target’s own timeouts go before its provider’s, those nearer to the client before others', () => {
  const yaml = `models:
  m: [ { target: c/x, timeout: { idle: 1s } }, { target: n, timeout: { total: 2m } } ]
  n: [ { target: c/y, timeout: { idle: 2s, total: 1m } } ]`
  const members = stepsOf(yaml).flatMap(step => step.members)
  expect(members.map(({ timeouts }) => timeouts)).toEqual([
    { connectMs: 10_000, firstByteMs: 9_000, idleMs: 1_000, totalMs: 0 },
    { connectMs: 10_000, firstByteMs: 9_000, idleMs: 2_000, totalMs: 120_000 },
  ])
})

describe('another name for an entry takes over its settings', () => {
  const MODEL = `models:
  m: { to: a/x, report-model: served, default: { temperature: 0.2 }, set: { user: u }, remove: [ top_k ] }
  plain: a/x
`
  const routeOf = (yaml: string, asked: string) => {
    const found = table(`${MODEL}${yaml}`).resolve(asked)
    if (!found.found) throw new Error('not found')
    return found.route
  }
  const edits = ['default temperature', 'set user', 'remove top_k']
  test.each([
    ['the model itself', '', 'm', edits, 'served'],
    ['an alias', 'aliases: { n: m }', 'n', edits, 'served'],
    ['an alias of an alias', 'aliases: { n: o, o: m(high) }', 'n', edits, 'served'],
    ['a pattern', 'aliases: { "n-*": m }', 'n-1', edits, 'served'],
    ['a forced name', 'force: { plain: m }', 'plain', edits, 'served'],
    ['an alias in the long form', 'aliases: { n: { to: m } }', 'n', edits, 'served'],
    [
      'unless it says otherwise',
      'aliases: { n: { to: m, report-model: asked } }',
      'n',
      edits,
      'asked',
    ],
    ['but not what is one of several', 'aliases: { n: [ m, a/y ] }', 'n', [], 'asked'],
    ['an address', '', 'a/x', [], 'asked'],
  ])('%s', (_, yaml, asked, changes, reported) => {
    const route = routeOf(yaml, asked)
    expect(route.edits.map(({ kind, path }) => `${kind} ${path.join('.')}`)).toEqual(changes)
    expect(route.reportModel).toBe(reported as 'asked' | 'served')
  })

  test('of two models the nearer to the client wins', () => {
    const yaml =
      'models: { m: { to: n, default: { t: 1, u: 1 }, set: { v: 1 } }, n: { to: a/x, default: { t: 2 }, set: { v: 2, w: 2 } } }'
    const found = table(yaml).resolve('m')
    expect(found.found && found.route.edits).toEqual([
      { kind: 'default', path: ['t'], value: 1 },
      { kind: 'default', path: ['u'], value: 1 },
      { kind: 'default', path: ['t'], value: 2 },
      { kind: 'set', path: ['v'], value: 2 },
      { kind: 'set', path: ['w'], value: 2 },
      { kind: 'set', path: ['v'], value: 1 },
    ])
  })

  test('what is lost in a list is a warning', () =>
    expect(diagnosticsOf(`${PROVIDERS}${MODEL}  n: [ m, a/y ]\n`)).toEqual([
      'routes.yaml:9:8: models.n[0]: the default, set and remove of models.m do not apply to it as one of several (write them on models.n, or in rules)',
    ]))
})

describe('report-model', () => {
  const routes = (report: string): string => `
version: 1
providers:
  up-anthropic: { kind: anthropic-compatible, base-url: "http://upstream.test", keys: [ k ] }
  up-chat: { kind: openai-compatible, base-url: "http://upstream.test/v1", keys: [ k ] }
  up-responses: { kind: openai-responses-compatible, base-url: "http://upstream.test/v1", keys: [ k ] }
  up-gemini: { kind: gemini, base-url: "http://upstream.test", keys: [ k ] }
models:
${WIRES.map(wire => `  ${MODELS[wire]}: { to: ${UPSTREAMS[wire]}/served${report} }`).join('\n')}
logging: { level: error }
`
  const CASES = [
    ['', 'asked'],
    [', report-model: asked', 'asked'],
    [', report-model: served', 'served'],
  ] as const
  for (const client of WIRES)
    for (const upstream of WIRES)
      for (const stream of [false, true])
        test(`${client} onto ${upstream}${stream ? ', streamed' : ''}`, async () => {
          for (const [written, reported] of CASES) {
            // Upstreams answer with a name more exact than the one they were asked for.
            const gateway = renewedGateway(routes(written), () =>
              replyOf(upstream, 'served-2026-01-01', stream),
            )
            const model = MODELS[upstream]
            const response = await gateway.call(pathOf(client, model, stream), {
              json: question(client, model, stream),
            })
            expect(response.status).toBe(200)
            expect(modelsIn(await response.text())).toEqual([
              reported === 'asked' ? model : 'served-2026-01-01',
            ])
          }
        })

  test.each([false, true])(
    'asked: also where the names are the same (streamed: %p)',
    async stream => {
      const gateway = renewedGateway(`${PROVIDERS}models: { m: a/m }\n`, () =>
        replyOf('openai-chat', 'm-2026-01-01', stream),
      )
      const json = question('openai-chat', 'm(high)', stream)
      const response = await gateway.call('/v1/chat/completions', { json })
      expect(modelsIn(await response.text())).toEqual(['m(high)'])
    },
  )
})

describe('description and context are shown in model lists', () => {
  const ROUTES = `${PROVIDERS}
models:
  smart: { to: a/x, description: "The best that is up", context: 200k }
  plain: a/x
aliases: { quick: smart }
`
  const listed = async (path: string, headers: Record<string, string> = {}) => {
    const gateway = renewedGateway(ROUTES, () => new Response(''))
    return (await (await gateway.call(path, { headers })).json()) as Record<string, JsonObject[]>
  }
  const named = (models: JsonObject[] | undefined, id: string) =>
    models?.find(model => model.id === id || model.name === `models/${id}`)

  test('of OpenAI clients', async () => {
    const { data } = await listed('/v1/models')
    expect(named(data, 'smart')).toMatchObject({
      description: 'The best that is up',
      context_length: 200_000,
    })
    expect(named(data, 'plain')).not.toHaveProperty('description')
  })

  test('of Anthropic clients', async () => {
    const { data } = await listed('/v1/models', { 'anthropic-version': '2023-06-01' })
    expect(named(data, 'smart')).toMatchObject({
      display_name: 'The best that is up',
      max_input_tokens: 200_000,
    })
    expect(named(data, 'plain')).toMatchObject({ display_name: 'plain' })
  })

  test('of Gemini clients', async () => {
    const { models } = await listed('/v1beta/models')
    expect(named(models, 'smart')).toMatchObject({
      description: 'The best that is up',
      inputTokenLimit: 200_000,
    })
  })

  test('of one model', async () => {
    const gateway = renewedGateway(ROUTES, () => new Response(''))
    expect(await (await gateway.call('/v1/models/smart')).json()).toMatchObject({
      id: 'smart',
      context_length: 200_000,
    })
  })

  test('and in swagger', async () => {
    const { info } = (await listed('/swagger/json')) as unknown as { info: JsonObject }
    expect(info.description).toContain('`smart`: The best that is up')
  })
})

describe('default, set and remove', () => {
  async function sent(yaml: string, body: string): Promise<string> {
    const gateway = renewedGateway(`${PROVIDERS}${yaml}\n`, () =>
      replyOf('openai-chat', 'x', false),
    )
    await gateway.call('/v1/chat/completions', { method: 'POST', body })
    return gateway.received[0]?.text ?? ''
  }
  const BODY = '{"model":"m","messages":[],"temperature":1.50,"metadata":{"a":1}}'
  test.each([
    [
      'default: only where the client did not say',
      'default: { temperature: 0.2, seed: 7 }',
      '{"model":"x","messages":[],"temperature":1.50,"metadata":{"a":1},"seed":7}',
    ],
    [
      'default: deep',
      'default: { metadata.a: 2, metadata.b: 2 }',
      '{"model":"x","messages":[],"temperature":1.50,"metadata":{"a":1,"b":2}}',
    ],
    [
      'set: always',
      'set: { temperature: 0.2, metadata.a: { b: [ 1 ] } }',
      '{"model":"x","messages":[],"temperature":0.2,"metadata":{"a":{"b":[1]}}}',
    ],
    [
      'set: a new one',
      'set: { metadata.team: core }',
      '{"model":"x","messages":[],"temperature":1.50,"metadata":{"a":1,"team":"core"}}',
    ],
    ['remove: one', 'remove: temperature', '{"model":"x","messages":[],"metadata":{"a":1}}'],
    [
      'remove: several, and what is not there',
      'remove: [ temperature, metadata.a, top_k ]',
      '{"model":"x","messages":[],"metadata":{}}',
    ],
    [
      'a dot in a name',
      'set: { "metadata.x\\\\.y": 1 }',
      '{"model":"x","messages":[],"temperature":1.50,"metadata":{"a":1,"x.y":1}}',
    ],
    [
      'nothing to change: the very same bytes',
      'remove: top_k',
      '{"model":"x","messages":[],"temperature":1.50,"metadata":{"a":1}}',
    ],
  ])('%s', async (_, edits, expected) =>
    expect(await sent(`models: { m: { to: a/x, ${edits} } }`, BODY)).toBe(expected),
  )

  test('of a model also through its alias', async () =>
    expect(
      await sent(
        'models: { m: { to: a/x, set: { user: u } } }\naliases: { n: m }',
        '{"model":"n","messages":[]}',
      ),
    ).toBe('{"model":"x","messages":[],"user":"u"}'))
})

describe('conditions see what a reasoning suffix says', () => {
  const yaml = (condition: string): string =>
    `models: { m: { to: [ { when: { ${condition} }, to: b/special }, a/usual ] } }\naliases: { n: m }`
  test.each([
    ['thinking: true', 'm(high)', false, 'b/special, a/usual'],
    ['thinking: true', 'm(8192)', false, 'b/special, a/usual'],
    ['thinking: true', 'm(auto)', false, 'b/special, a/usual'],
    ['thinking: true', 'm(none)', true, 'a/usual'],
    ['thinking: false', 'm(none)', true, 'b/special, a/usual'],
    ['thinking: true', 'm(nonsense)', true, 'b/special, a/usual'],
    ['model: m', 'm(high)', false, 'b/special, a/usual'],
    ['model: "m(high)"', 'm(high)', false, 'b/special, a/usual'],
    ['model: "m(high)"', 'm(low)', false, 'a/usual'],
    ['model: m', 'n', false, 'a/usual'],
  ])('%s, asked for %s (body thinks: %p)', (condition, asked, thinking, leadsTo) => {
    const resolution = table(yaml(condition)).resolve(asked, sampleFacts(asked, { thinking }))
    expect(routeText(resolution).replace(/\([^)]*\)/g, '')).toBe(leadsTo)
  })

  test('in a real request', async () => {
    const gateway: LocalGateway = renewedGateway(`${PROVIDERS}${yaml('thinking: true')}\n`, () =>
      replyOf('openai-chat', 'x', false),
    )
    for (const model of ['m', 'm(high)', 'm(none)'])
      await gateway.call('/v1/chat/completions', { json: question('openai-chat', model, false) })
    expect(gateway.received.map(({ url }) => new URL(url).host)).toEqual([
      'a.test',
      'b.test',
      'a.test',
    ])
  })
})

test('a model none of whose conditions holds says so', async () => {
  const gateway = renewedGateway(
    `${PROVIDERS}models: { m: { to: [ { when: { client: amp }, to: a/x } ] } }\n`,
    () => replyOf('openai-chat', 'x', false),
  )
  const json = question('openai-chat', 'm', false)
  const response = await gateway.call('/v1/chat/completions', { json })
  expect(response.status).toBe(503)
  expect(await response.text()).toContain('no \\"when\\" of models.m holds')
})
