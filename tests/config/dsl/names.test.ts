import { describe, expect, test } from 'bun:test'
import { type SampleFacts, sampleFacts } from '../../../src/routing/facts.ts'
import { renewedGateway } from '../../support/local-gateway.ts'
import { diagnosticsOf, routeText, tableOf } from '../../support/routes.ts'

/** §1 of the language: the three name sections, and in which order a name is looked up. */

const PROVIDERS = `
providers:
  a: { kind: openai-compatible, base-url: "http://a/v1", keys: [ k ], models: [ alpha, { name: up-beta, alias: beta }, shared ] }
  b: { kind: anthropic-compatible, base-url: "http://b", keys: [ k ], models: [ shared, "claude-x" ], priority: 1 }
  c: { kind: anthropic-compatible, base-url: "http://c", keys: [ k ], models: [ shared ], exclude: [ "*-audio-*" ], priority: 1 }
  off: { kind: openai, keys: [ "\${NOPE}" ] }
  work: { kind: openai-compatible, base-url: "http://w/v1", keys: [ k ], models: [ hidden, { name: up-secret, alias: secret } ], prefix: team }
`

function route(yaml: string, asked: string, given: Partial<SampleFacts> = {}): string {
  return routeText(tableOf(`${PROVIDERS}${yaml}\n`).resolve(asked, sampleFacts(asked, given)))
}

type Case = readonly [title: string, yaml: string, asked: string, leadsTo: string]

const CASES: Record<string, readonly Case[]> = {
  '1. a reasoning suffix is taken off and remembered': [
    ['a level', 'models: { m: a/x }', 'm(high)', 'a/x(high)'],
    ['in any case, with spaces', 'models: { m: a/x }', 'm( HIGH )', 'a/x(high)'],
    ['a budget', 'models: { m: a/x }', 'm(8192)', 'a/x(8192)'],
    ['none', 'models: { m: a/x }', 'm(none)', 'a/x(none)'],
    ['zero is none', 'models: { m: a/x }', 'm(0)', 'a/x(none)'],
    ['auto', 'models: { m: a/x }', 'm(auto)', 'a/x(auto)'],
    ['-1 is auto', 'models: { m: a/x }', 'm(-1)', 'a/x(auto)'],
    ['minimal', 'models: { m: a/x }', 'm(minimal)', 'a/x(minimal)'],
    ['xhigh', 'models: { m: a/x }', 'm(xhigh)', 'a/x(xhigh)'],
    ['max', 'models: { m: a/x }', 'm(max)', 'a/x(max)'],
    ['what is no level is taken off and ignored', 'models: { m: a/x }', 'm(very)', 'a/x'],
    ['nothing in the brackets, too', 'models: { m: a/x }', 'm()', 'a/x'],
    ['of an address', '', 'a/x(low)', 'a/x(low)'],
    ['of a catalogue name', '', 'alpha(low)', 'a/alpha(low)'],
    ['of a forced name', 'force: { m: a/x }', 'm(low)', 'a/x(low)'],
    ['of a name that a pattern takes', 'aliases: { "m*": a/x }', 'm9(low)', 'a/x(low)'],
    ['through an alias', 'models: { m: a/x }\naliases: { n: m }', 'n(high)', 'a/x(high)'],
    [
      'for everybody in a list',
      'models: { m: [ a/x, [ b/y, c/z ] ] }',
      'm(low)',
      'a/x(low), b/y(low) | c/z(low)',
    ],
    ['the target’s own wins', 'models: { m: [ a/x(low), b/y ] }', 'm(high)', 'a/x(low), b/y(high)'],
    [
      'the target’s own wins through names, too',
      'models: { m: a/x(low) }\naliases: { n: m(max) }',
      'n(high)',
      'a/x(low)',
    ],
    [
      'the alias’s own goes before the client’s',
      'models: { m: a/x }\naliases: { n: m(max) }',
      'n(high)',
      'a/x(max)',
    ],
    [
      'a name that ends in brackets of its own has none',
      'models: { "m(high)": b/own, m: a/x }',
      'm(high)',
      'b/own',
    ],
    [
      'nor where a destination names it',
      'models: { "m(high)": b/own, m: a/x }\naliases: { n: m(high) }',
      'n',
      'b/own',
    ],
    [
      'an alias with brackets of its own, too',
      'models: { m: a/x }\naliases: { "m(high)": b/own }',
      'm(high)',
      'b/own',
    ],
    [
      'a star that stood for brackets brings no suffix',
      'aliases: { "x-*": "a/*" }',
      'x-y(low)(high)',
      'a/y(low)(high)',
    ],
  ],
  '2. force': [
    ['overrides a model', 'models: { m: a/x }\nforce: { m: b/y }', 'm', 'b/y'],
    ['overrides an address', 'force: { "a/*": b/forced }', 'a/x', 'b/forced'],
    ['overrides a catalogue', 'force: { alpha: b/y }', 'alpha', 'b/y'],
    ['takes a name that there is nowhere else', 'force: { fresh: b/y }', 'fresh', 'b/y'],
    ['may be a list', 'force: { m: [ a/x, [ b/y, c/z ] ] }', 'm', 'a/x, b/y | c/z'],
    ['at most once: not looked up again', 'models: { m: a/x }\nforce: { m: m }', 'm', 'a/x'],
    [
      'at most once: by another name',
      'models: { m: a/x, n: b/y }\nforce: { m: n, n: m }',
      'm',
      'b/y',
    ],
    [
      'at most once: a destination is not forced',
      'models: { m: n, n: a/x }\nforce: { n: b/y }',
      'm',
      'a/x',
    ],
    ['exact before pattern', 'force: { "m*": b/glob, mm: b/exact }', 'mm', 'b/exact'],
    ['longer literal before shorter', 'force: { "m*": b/short, "mmm*": b/long }', 'mmmm', 'b/long'],
    ['then file order', 'force: { "m*x": b/first, "mx*": b/second }', 'mxmx', 'b/first'],
    ['without its suffix', 'force: { "m*": b/y }', 'mm(high)', 'b/y(high)'],
    ['that leads nowhere is not found', 'force: { "*": "gone-*" }', 'alpha', 'not found alpha'],
  ],
  '3. an address': [
    ['of a provider', 'models: { m: a/x }', 'b/anything', 'b/anything'],
    ['slashes belong to the model', '', 'b/any/thing/else', 'b/any/thing/else'],
    ['with a scheme', '', 'b://anything', 'b/anything'],
    ['with a scheme and slashes', '', 'b://any/thing', 'b/any/thing'],
    ['goes before a model of that name', 'models: { a/x: b/y }', 'a/x', 'a/x'],
    ['the provider’s own alias', '', 'a/beta', 'a/up-beta'],
    ['of a model in no list', '', 'a/unlisted', 'a/unlisted'],
    ['of no declared provider', '', 'nobody/x', 'not found'],
    ['without a model', '', 'a/', 'not found'],
    ['a prefix stands for its provider', '', 'team/hidden', 'work/hidden'],
    ['a prefix with a scheme', '', 'team://hidden', 'work/hidden'],
    ['an alias behind a prefix', '', 'team/secret', 'work/up-secret'],
    ['a provider with a prefix is reached by that only', '', 'work/hidden', 'not found'],
    ['but the file may name it', 'models: { m: work/hidden }', 'm', 'work/hidden'],
    ['what its provider excludes', '', 'c/x-audio-y', 'not found'],
    ['of a provider that is off', '', 'off/x', 'nobody'],
  ],
  '4. models, exact': [
    ['before a catalogue', 'models: { alpha: b/y }', 'alpha', 'b/y'],
    ['before an alias', 'models: { m: a/x }\naliases: { m: b/y }', 'm', 'a/x'],
    ['a name with a slash of no declared provider', 'models: { other/m: a/x }', 'other/m', 'a/x'],
  ],
  '5. the providers’ catalogues': [
    ['a listed name', '', 'alpha', 'a/alpha'],
    ['by its alias', '', 'beta', 'a/up-beta'],
    ['not by what the alias stands for', '', 'up-beta', 'not found'],
    ['of several providers one pool, by priority', '', 'shared', 'b/shared | c/shared, a/shared'],
    ['a prefixed model has no bare name', '', 'hidden', 'not found'],
    ['not of a provider that is off', '', 'gpt-5', 'not found'],
    ['before a pattern of models', 'models: { "al*": b/y }', 'alpha', 'a/alpha'],
  ],
  '6. aliases, exact': [
    ['of a target', 'aliases: { n: a/x }', 'n', 'a/x'],
    ['of a list', 'aliases: { n: [ a/x, [ b/y, c/z ] ] }', 'n', 'a/x, b/y | c/z'],
    ['in the long form', 'aliases: { n: { to: [ a/x, b/y ] } }', 'n', 'a/x, b/y'],
    ['of an alias', 'aliases: { n: o, o: a/x }', 'n', 'a/x'],
    ['of a catalogue name', 'aliases: { n: shared }', 'n', 'b/shared | c/shared, a/shared'],
    ['of a name that a pattern takes', 'models: { "m-*": a/* }\naliases: { n: m-7 }', 'n', 'a/7'],
    ['yields to a catalogue', 'aliases: { alpha: b/y }', 'alpha', 'a/alpha'],
    [
      'before patterns of models',
      'models: { "n*": b/glob }\naliases: { nn: a/exact }',
      'nn',
      'a/exact',
    ],
    [
      'its destination is not forced',
      'aliases: { n: m }\nmodels: { m: a/x }\nforce: { m: b/y }',
      'n',
      'a/x',
    ],
  ],
  '7. patterns of models': [
    ['any run of characters', 'models: { "claude-*": a/x }', 'claude-7', 'a/x'],
    ['also none', 'models: { "claude-*": a/x }', 'claude-', 'a/x'],
    ['with slashes', 'models: { "meta/*": a/x }', 'meta/llama/3', 'a/x'],
    [
      'a star is carried over',
      'models: { "claude-*": a/anthropic/claude-* }',
      'claude-7',
      'a/anthropic/claude-7',
    ],
    ['stars in order', 'models: { "*-to-*": "a/*/*" }', 'x-to-y', 'a/x/y'],
    ['fewer stars than the name has', 'models: { "*-to-*": "a/*" }', 'x-to-y', 'a/x'],
    ['a star in a suffix is none', 'models: { "*-think": "a/*(high)" }', 'x-think', 'a/x(high)'],
    ['the longest literal part', 'models: { "c*": a/short, "cc*": b/long }', 'ccc', 'b/long'],
    [
      'before patterns of aliases',
      'models: { "c*": a/model }\naliases: { "cc*": b/alias }',
      'ccc',
      'a/model',
    ],
    ['dots and brackets are plain', 'models: { "gpt-4.1*": a/x }', 'gpt-401', 'not found'],
    [
      'not to what the provider excludes',
      'models: { "x-*": "c/*" }',
      'x-an-audio-one',
      'not found',
    ],
    [
      'only the targets that it does not exclude',
      'models: { "x-*": [ "c/*", "a/*" ] }',
      'x-an-audio-one',
      'a/an-audio-one',
    ],
  ],
  '8. patterns of aliases': [
    ['to another name', 'aliases: { "gpt-*": beta }', 'gpt-9', 'a/up-beta'],
    ['to the name with its star', 'models: { m-1: a/x }\naliases: { "n-*": "m-*" }', 'n-1', 'a/x'],
    [
      'to a name that there is not',
      'models: { m-1: a/x }\naliases: { "n-*": "m-*" }',
      'n-2',
      'not found m-1',
    ],
    ['then file order', 'aliases: { "a*z": a/x, "az*": b/y }', 'azz', 'a/x'],
    [
      'in a circle lead nowhere',
      'models: { x-1: a/x }\naliases: { "p-*": "x-*", "x-*": "p-*" }',
      'p-2',
      'not found x-1',
    ],
  ],
  '9. otherwise': [
    ['not found', '', 'zzzzzzzzz', 'not found'],
    [
      'with the nearest names, best first, three at most',
      'models: { coder: a/x, codex: a/x, code: a/x, cooler: a/x }',
      'codr',
      'not found code coder codex',
    ],
    [
      'aliases and forced names among them',
      'aliases: { speedy: a/x }\nforce: { speedier: a/x }',
      'speedi',
      'not found speedier speedy',
    ],
    ['catalogue names among them', '', 'alphaa', 'not found alpha'],
    ['prefixed names among them', '', 'team/hiden', 'work/hiden'],
    ['names are case-sensitive', 'models: { Coder: a/x }', 'coder', 'not found Coder'],
    ['providers are case-sensitive', '', 'A/x', 'not found'],
  ],
}

for (const [title, cases] of Object.entries(CASES))
  describe(title, () => {
    test.each(cases.map(one => [...one]))('%s', (_, yaml, asked, leadsTo) =>
      expect(route(yaml, asked)).toBe(leadsTo),
    )
  })

describe('an entry takes a name only while its condition holds', () => {
  test.each([
    ['force', 'force: { m: { to: b/y, when: { client: amp } } }\nmodels: { m: a/x }', 'b/y', 'a/x'],
    [
      'force, then a pattern of it',
      'force: { m: { to: b/y, when: { client: amp } }, "m*": c/z }',
      'b/y',
      'c/z',
    ],
    ['an alias', 'aliases: { m: { to: b/y, when: { client: amp } }, "m*": c/z }', 'b/y', 'c/z'],
    [
      'a pattern',
      'aliases: { "mm*": a/x, "m*": { to: b/y, when: { client: amp } }, "*": c/z }',
      'b/y',
      'c/z',
    ],
    [
      'and there is no other target',
      'aliases: { m: { to: b/y, when: { client: amp } } }',
      'b/y',
      'not found',
    ],
  ])('%s', (_, yaml, holding, otherwise) => {
    expect(route(yaml, 'm', { client: 'amp' })).toBe(holding)
    expect(route(yaml, 'm', { client: 'codex' })).toBe(otherwise)
  })
})

describe('a name that leads back to itself is refused when the file is loaded', () => {
  test.each([
    ['a model', 'models: { m: m }', 'm → m'],
    ['aliases', 'aliases: { x: y, y: z, z: x }', 'x → y → z → x'],
    ['a model and an alias', 'models: { x: y }\naliases: { y: x }', 'x → y → x'],
    ['deep in a list', 'models: { x: [ a/x, [ a/y, y ] ], y: [ a/z, x ] }', 'x → y → x'],
    [
      'in a step with a condition',
      'models: { x: { to: [ { when: { stream: true }, to: y }, a/z ] }, y: x }',
      'x → y → x',
    ],
    ['through a suffix', 'models: { x: y(high) }\naliases: { y: x }', 'x → y → x'],
    ['through a pattern', 'models: { x: y-1, "y-*": x }', 'x → y-* → x'],
    ['of patterns', 'aliases: { "p-*": "q-*", "q-*": "p-*" }', 'p-* → q-* → p-*'],
    ['of one pattern that grows', 'aliases: { "p-*": "p-*-x" }', 'p-* → p-*'],
  ])('%s', (_, yaml, circle) =>
    expect(diagnosticsOf(`${PROVIDERS}${yaml}\n`)).toContainEqual(
      expect.stringContaining(`leads back to itself: ${circle} (`),
    ),
  )

  test.each([
    ['force, which comes once', 'models: { m: a/x }\nforce: { m: m }'],
    [
      'a pattern that leads to a name there is',
      'models: { p-1-x: a/x }\naliases: { "p-*": "p-*-x" }',
    ],
    ['an alias that yields', 'aliases: { alpha: beta, beta: alpha }'],
    ['two ways to one name', 'models: { m: a/x, n: [ m, o ], o: m }'],
  ])('not %s', (_, yaml) =>
    expect(
      diagnosticsOf(`${PROVIDERS}${yaml}\n`).filter(one => one.includes('leads back')),
    ).toEqual([]),
  )
})

describe('an entry that can never be reached is warned of, with what shadows it', () => {
  test.each([
    [
      'an alias behind a model',
      'models: { m: a/x }\naliases: { m: b/y }',
      'aliases.m',
      'models.m on line 8',
    ],
    [
      'an alias behind a catalogue',
      'aliases: { alpha: b/y }',
      'aliases.alpha',
      "a's own model of that name (line 3)",
    ],
    [
      'a model behind force',
      'models: { m: a/x }\nforce: { m: b/y }',
      'models.m',
      'force.m on line 9',
    ],
    [
      'a model behind a forced pattern',
      'models: { mm: a/x }\nforce: { "m*": b/y }',
      'models.mm',
      'force."m*" on line 9',
    ],
    [
      'a pattern behind a forced pattern',
      'aliases: { "mm-*": a/x }\nforce: { "m*": b/y }',
      'aliases."mm-*"',
      'force."m*" on line 9',
    ],
    [
      'a forced pattern behind an equal one',
      'force: { "m*": a/x, "m**": b/y }',
      'force."m**"',
      'force."m*" on line 8',
    ],
    [
      'behind force, whatever has a condition there',
      'models: { m: a/x }\nforce: { m: { to: b/y, when: { client: amp } }, "m*": b/z }',
      'models.m',
      'force."m*" on line 9',
    ],
    [
      'a model behind an address',
      'models: { a/x: b/y }',
      'models."a/x"',
      'the address of provider "a" on line 3',
    ],
    [
      'a pattern behind addresses',
      'aliases: { "a/*": b/y }',
      'aliases."a/*"',
      'the address of provider "a" on line 3',
    ],
    [
      'behind an address with a prefix',
      'models: { team/m: b/y }',
      'models."team/m"',
      'the address of provider "work" on line 7',
    ],
    [
      'a pattern of aliases behind one of models',
      'models: { "c*": a/x }\naliases: { "cc*": b/y }',
      'aliases."cc*"',
      'models."c*" on line 8',
    ],
    [
      'a pattern behind an equal one',
      'models: { "c*": a/x, "c**": b/y }',
      'models."c**"',
      'models."c*" on line 8',
    ],
    [
      'a pattern with a suffix',
      'aliases: { "c*(high)": b/y }',
      'aliases."c*(high)"',
      'taken off before (write it without: c*)',
    ],
  ])('%s', (_, yaml, path, shadow) => {
    const warnings = diagnosticsOf(`${PROVIDERS}${yaml}\n`).filter(one =>
      one.includes('never reached'),
    )
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain(`: ${path}: never reached; `)
    expect(warnings[0]).toContain(shadow)
  })

  test.each([
    ['a model that force leads to', 'models: { m: a/x }\nforce: { m: m }'],
    ['a model that force leads to with a star', 'models: { m-1: a/x }\nforce: { "m-*": "m-*" }'],
    ['a model that another entry names', 'models: { m: a/x, n: [ m, b/y ] }\nforce: { m: b/y }'],
    [
      'a model behind a forced name with a condition',
      'models: { m: a/x }\nforce: { m: { to: b/y, when: { client: amp } } }',
    ],
    ['a pattern that is longer than another', 'models: { "c*": a/x, "cc*": b/y }'],
    [
      'a name with the provider’s own name, which clients cannot address',
      'models: { work/m: b/y }',
    ],
    ['an alias with brackets of its own', 'models: { m: a/x }\naliases: { "m(high)": b/y }'],
    ['an alias of a model that no provider can serve now', 'aliases: { gpt-5: b/y }'],
  ])('not %s', (_, yaml) =>
    expect(
      diagnosticsOf(`${PROVIDERS}${yaml}\n`).filter(one => one.includes('never reached')),
    ).toEqual([]),
  )
})

describe('a 404 is in the client’s protocol and offers the nearest names', () => {
  const gateway = () =>
    renewedGateway(
      `${PROVIDERS}models: { coder: a/x, codex: a/x, code: a/x, cooler: a/x }\n`,
      () => new Response('', { status: 500 }),
    )
  const words = 'no model named "codr" in routes.yaml; did you mean "code", "coder", "codex"?'
  const messages = [{ role: 'user', content: 'hi' }]
  test.each([
    [
      '/v1/messages',
      { model: 'codr', max_tokens: 1, messages },
      { type: 'error', error: { type: 'not_found_error' } },
    ],
    [
      '/v1/chat/completions',
      { model: 'codr', messages },
      { error: { code: 'model_not_found', param: 'model' } },
    ],
    [
      '/v1/responses',
      { model: 'codr', input: 'hi' },
      { error: { code: 'model_not_found', param: 'model' } },
    ],
    [
      '/v1beta/models/codr:generateContent',
      { contents: [] },
      { error: { code: 404, status: 'NOT_FOUND' } },
    ],
  ])('%s', async (path, json, shape) => {
    const response = await gateway().call(path, { json })
    expect(response.status).toBe(404)
    const body = await response.json()
    expect(body).toMatchObject(shape)
    expect(JSON.stringify(body)).toContain(JSON.stringify(words).slice(1, -1))
  })

  test('but no name that the caller may not ask for', async () => {
    const keys = 'api-keys: [ { name: alice, key: key-of-alice, models: [ "c*r" ] } ]\n'
    const local = renewedGateway(
      `${PROVIDERS}models: { coder: a/x, code: a/x }\n${keys}`,
      () => new Response('', { status: 500 }),
    )
    const response = await local.call('/v1/chat/completions', {
      json: { model: 'codr', messages },
      headers: { authorization: 'Bearer key-of-alice' },
    })
    expect(response.status).toBe(404)
    expect(await response.text()).toContain('did you mean \\"coder\\"?')
  })
})
