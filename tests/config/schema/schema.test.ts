import { describe, expect, test } from 'bun:test'
import { jsonSchema } from '../../../src/config/index.ts'
import { isObject } from '../../../src/lib/json/json.ts'
import { kinds } from '../../../src/providers/index.ts'
import { compiled, tableOf } from '../../support/routes.ts'

/** What editors learn of routes.yaml; tests/config/diagnostics.test.ts holds it against `check`. */

type Schema = Record<string, unknown>
type Member = { path: string; schema: Schema; required: boolean }

const SCHEMA: Schema = jsonSchema()

const DEFINITIONS = isObject(SCHEMA.definitions) ? SCHEMA.definitions : {}

/** What a reference stands for. */
function meant(schema: Schema): Schema {
  const { $ref: reference } = schema
  const found =
    typeof reference === 'string' ? DEFINITIONS[reference.replace('#/definitions/', '')] : schema
  return isObject(found) ? found : {}
}

function list(value: unknown): Schema[] {
  return Array.isArray(value) ? value.filter(isObject).map(meant) : []
}

function properties(schema: Schema): Record<string, Schema> {
  const { properties: own } = schema
  return isObject(own)
    ? Object.fromEntries(
        Object.entries(own).map(([name, one]) => [name, isObject(one) ? meant(one) : {}]),
      )
    : {}
}

/** Every member of every mapping that the schema knows. */
function membersOf(schema: Schema, path: string): Member[] {
  const required = Array.isArray(schema.required) ? schema.required : []
  const own = Object.entries(properties(schema)).flatMap(([name, member]): Member[] => {
    const at = path === '' ? name : `${path}.${name}`
    return [
      { path: at, schema: member, required: required.includes(name) },
      ...membersOf(member, at),
    ]
  })
  const { items, additionalProperties: other } = schema
  return [
    ...own,
    ...list(schema.anyOf).flatMap(branch => membersOf(branch, path)),
    ...(isObject(items) ? membersOf(meant(items), `${path}[]`) : []),
    ...(isObject(other) ? membersOf(meant(other), `${path}.*`) : []),
  ]
}

const MEMBERS = membersOf(SCHEMA, '')

describe('every member', () => {
  test('there are many, in a schema that an editor reads in no time', () => {
    expect(MEMBERS.length).toBeGreaterThan(100)
    expect(JSON.stringify(SCHEMA).length).toBeLessThan(60_000)
  })

  test('has a sentence', () =>
    expect(MEMBERS.filter(({ schema }) => !schema.description).map(({ path }) => path)).toEqual([]))

  test('that may be left out says what holds then', () =>
    expect(
      MEMBERS.filter(
        ({ schema, required }) =>
          !required && !('default' in schema) && !/Default: \S/.test(String(schema.description)),
      ).map(({ path }) => path),
    ).toEqual([]))

  test('of a few words offers them', () => {
    const words = (path: string): unknown[] =>
      MEMBERS.filter(member => member.path === path).flatMap(({ schema }) =>
        [schema, ...list(schema.anyOf)].flatMap(({ enum: offered }) =>
          Array.isArray(offered) ? offered : [],
        ),
      )
    expect(words('providers.*.kind')).toEqual(kinds.map(({ id }) => id))
    expect(words('policy.strategy')).toEqual(['round-robin', 'fill-first', 'weighted'])
    expect(words('logging.level')).toEqual(['debug', 'info', 'warn', 'error'])
    expect(words('rules[].when.protocol')).toEqual([])
    expect(JSON.stringify(MEMBERS.find(({ path }) => path === 'rules[].when.protocol'))).toContain(
      '"enum":["anthropic","openai-chat","openai-responses","gemini"]',
    )
    expect(words('tests[].client')).toContain('claude-code')
  })

  test('that is no text may be filled in', () => {
    const wantsMore = (schema: Schema): boolean =>
      [schema, ...list(schema.anyOf)].some(({ type, enum: words }) =>
        words === undefined ? /integer|number|boolean/.test(String(type)) : true,
      )
    const takesReference = (schema: Schema): boolean =>
      [schema, ...list(schema.anyOf)].some(
        ({ type, pattern, anyOf }) =>
          (type === 'string' && (pattern === undefined || String(pattern).includes('\\$\\{'))) ||
          list(anyOf).some(takesReference),
      )
    expect(
      MEMBERS.filter(({ schema }) => wantsMore(schema) && !takesReference(schema)).map(
        ({ path }) => path,
      ),
    ).toEqual([])
  })
})

describe('nothing is offered that is refused', () => {
  test.each(kinds.map(({ id }) => id))('kind %s', kind => {
    const result = compiled(
      `providers: { a: { kind: ${kind}, base-url: "http://a.test/v1", keys: [ k ] } }\n`,
    )
    expect(result.ok ? [] : result.diagnostics).toEqual([])
  })

  test('members of a later version are not there', () => {
    const offered = new Set(MEMBERS.map(({ path }) => path))
    for (const path of ['amp', 'notices', 'shared', 'server.workers'])
      expect([path, offered.has(path)]).toEqual([path, false])
  })

  /** A mapping with every default written out. */
  function defaultsOf(schema: Schema): Record<string, unknown> {
    return Object.fromEntries(
      Object.entries(properties(schema)).flatMap(([name, member]) => {
        if ('default' in member) return [[name, member.default]]
        const inner = defaultsOf(member)
        return Object.keys(inner).length > 0 ? [[name, inner]] : []
      }),
    )
  }

  test('and every default is what holds anyway', () => {
    const provider = { kind: 'openai', keys: ['k'] }
    const bare = { version: 1, providers: { a: provider }, 'api-keys': ['key-of-alice'] }
    const { '*': entry } = { '*': properties(SCHEMA).providers?.additionalProperties }
    const written = {
      ...defaultsOf(SCHEMA),
      ...bare,
      providers: { a: { ...(isObject(entry) ? defaultsOf(entry as Schema) : {}), ...provider } },
    }
    expect(Object.keys(written)).toContain('policy')
    const [plain, full] = [bare, written].map(document => tableOf(JSON.stringify(document)))
    for (const section of ['policy', 'server', 'logging', 'usage', 'management', 'rules'] as const)
      expect([section, full?.[section]]).toEqual([section, plain?.[section]])
    const { at: _, ...before } = plain?.providers.get('a') ?? {}
    const { at: __, ...after } = full?.providers.get('a') ?? {}
    expect(JSON.stringify(after)).toBe(JSON.stringify(before))
  })
})
