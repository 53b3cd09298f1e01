import { describe, expect, test } from 'bun:test'
import { PLAIN_NAME } from '../../../src/exchange/admission/asked-name.ts'
import { encodedPath, nameProblem } from '../../../src/lib/files/path-name.ts'
import { codecs } from '../../../src/protocols/index.ts'
import { renewedGateway } from '../../support/local-gateway.ts'
import { replyOf } from '../../support/small-reply.ts'
import { pathOf, question, WIRES } from '../../support/wires.ts'

const BAD = [
  'gem-small/../gemini-big',
  'gem-small/..',
  '../gem-small',
  '../../../v1beta/tunedModels/x',
  './gem-small',
  'gem-small/./x',
  'gem-small/%2e%2e/gemini-big',
  'gem-small%2F..%2Fgemini-big',
  'gem-small/%252e%252e/x',
  'gem-small/%25252E./x',
  'gem-small\\..\\gemini-big',
  'gem-small/..;x/gemini-big',
  'gem-small/..(high)',
  'gem-small/.. (high)',
  'gem-small//x',
  'gem-small/',
  '/gem-small',
  'gem-small%2f%2fx',
  'gem-small\n',
  'gem-small\u0000',
  'gem-small\u0085',
  'gem-small%0d%0aX: y',
  'gem-small\ud800',
  `gem-small-${'x'.repeat(247)}`,
  `gem-small-${'é'.repeat(124)}`,
]
const GOOD = [
  'gem-small',
  'gem-small-2.5',
  'gem-small/a/b.c',
  'gem-small/...',
  'gem-small/..x',
  'gem-small:free',
  'gem-small(high)',
  'g/gem-small',
  'g://gem-small',
  'gem-small 100%',
  `gem-small-${'x'.repeat(246)}`,
]

const ROUTES = `
providers:
  g: { kind: gemini, keys: [ k ], discover: false }
models: { "gem-small*": g/gem-small, "gemini-big": g/gemini-big, "*": g/* }
api-keys: [ { name: alice, key: key-of-alice, models: [ "gem-small*", "g/*", "g:*" ] }, { name: bob, key: key-of-bob } ]
`
const gateway = () => renewedGateway(ROUTES, () => replyOf('gemini', 'x', false))

describe('a name that is more than a name in a path is refused before anything else', () => {
  test.each(BAD)('%j', async name => {
    for (const wire of WIRES) {
      for (const key of ['key-of-alice', 'key-of-bob']) {
        // In a URL half a surrogate pair becomes another character.
        if (wire === 'gemini' && !name.isWellFormed()) continue
        const local = gateway()
        const response = await local.call(
          wire === 'gemini'
            ? `/v1beta/models/${encodeURIComponent(name)}:generateContent`
            : pathOf(wire, name, false),
          { json: question(wire, name, false), headers: { 'x-api-key': key } },
        )
        expect([wire, response.status]).toEqual([wire, 400])
        expect(await response.text()).toContain('a name has')
        expect(local.received).toEqual([])
        expect(local.services.recent.list()).toEqual([])
      }
    }
  })

  test.each(GOOD)('%j is a name', async name => {
    const local = gateway()
    const response = await local.call('/v1/chat/completions', {
      json: question('openai-chat', name, false),
      headers: { 'x-api-key': 'key-of-alice' },
    })
    expect(response.status).toBe(200)
    expect(local.received[0]?.url).toContain('/v1beta/models/gem-small')
  })

  test('escapes in a path of a client are not taken for a way out', async () => {
    const local = gateway()
    const headers = { 'x-goog-api-key': 'key-of-alice' }
    for (const path of [
      '/v1beta/models/gem-small%2f..%2fgemini-big:generateContent',
      '/v1beta/models/gem-small%252f%252e%252e%252fgemini-big:generateContent',
    ]) {
      const response = await local.call(path, { json: question('gemini', 'x', false), headers })
      expect(response.status).toBe(400)
    }
    expect(local.received).toEqual([])
  })

  test('the path of a file is a name where a server lists it', async () => {
    const local = renewedGateway(
      'providers: { v: { kind: vllm, base-url: "http://v.test/v1", models: [ /models/llama ] } }\n',
      () => replyOf('openai-chat', 'x', false),
    )
    for (const [name, status] of [
      ['/models/llama', 200],
      ['v//models/llama', 200],
      ['v:///models/llama', 400],
      ['/models/other', 400],
    ] as const) {
      const json = question('openai-chat', name, false)
      expect([name, (await local.call('/v1/chat/completions', { json })).status]).toEqual([
        name,
        status,
      ])
    }
  })

  test('what a star stands for makes no way out either', async () => {
    const local = renewedGateway(
      'providers: { g: { kind: gemini, keys: [ k ], discover: false } }\nmodels: { "x-*": g/* }\n',
      () => replyOf('gemini', 'x', false),
    )
    const json = question('openai-chat', 'x-../tunedModels/y', false)
    expect((await local.call('/v1/chat/completions', { json })).status).toBe(404)
    expect(local.received).toEqual([])
  })
})

describe('a plain name is one in which nothing need be looked for', () => {
  test('no bad name is plain, and most good ones are', () => {
    expect(BAD.filter(name => PLAIN_NAME.test(name))).toEqual([])
    expect(GOOD.filter(name => PLAIN_NAME.test(name)).length).toBeGreaterThan(4)
  })

  test('every plain name of five characters is a name', () => {
    const characters = ['a', '.', '/', ':', '-', '%', '(', '@', ';', '\\', '2']
    let names = ['']
    for (let length = 1; length <= 5; length++)
      names = names.flatMap(name => characters.map(character => name + character))
    const plain = names.filter(name => PLAIN_NAME.test(name))
    expect(plain.length).toBeGreaterThan(1_000)
    expect(plain.filter(name => nameProblem(name) !== undefined)).toEqual([])
  })
})

describe('upstream paths are built from encoded segments', () => {
  const names = ['a b?c#d', 'x:predict', 'a/b%2f..', 'ä', 'tunedModels/x']

  test.each(codecs.map(codec => [codec.protocol, codec] as const))('%s', (_, codec) => {
    for (const name of names) {
      for (const action of ['generate', 'compact', 'count-tokens'] as const) {
        let path: string
        try {
          path = codec.pathFor(action, name, false)
        } catch {
          expect(nameProblem(name)).toBeDefined()
          continue
        }
        const { pathname, hash, origin } = new URL(`http://host.test${path}`)
        expect([origin, hash]).toEqual(['http://host.test', ''])
        expect(path.split('?')[0]).toBe(pathname)
      }
    }
  })

  test('and there is none for a dot segment', () => {
    expect(encodedPath('a/b c/d:e')).toBe('a/b%20c/d%3Ae')
    for (const name of ['..', 'a/../b', 'a/%2e%2e', '.'])
      expect(() => encodedPath(name)).toThrow('no segment')
  })
})
