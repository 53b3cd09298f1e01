import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { parse } from 'yaml'
import type { JsonValue } from '../../src/lib/json/json.ts'
import { createSecretPlaceholders } from '../../src/redaction/placeholders.ts'
import { yamlText } from '../config/edit/random-yaml.ts'

const placeholders = createSecretPlaceholders(new Uint8Array(32).fill(7))
const PLACEHOLDER = /\(kept-[0-9a-f]{16}\)/

const FILE = `version: 1
providers:
  a: { kind: openai, keys: [ canary-1, "canary-2" , "\${KEY}", "\${KEY:-canary-3}" ] }   # canary-1 is old
  b:
    kind: openai-compatible
    base-url: "https://b.test/v1?api-key=canary-4"
    proxy-url: socks5://me:canary-5@127.0.0.1:1080
    headers: { X-Team: canary-6, X-Trace: "$x-request-id", Authorization: "Bearer \${TOKEN}" }
    keys:
      - &shared canary-7
      - { key: 'canary-8', name: second, headers: { X-Org: canary-9 } }
  c:
    kind: vertex
    keys:
      - |
        { "private_key": "-----BEGIN canary-10" }
  d: { kind: openai, keys: [ *shared ] }
  # e: { kind: openai, keys: [ canary-11 ] }
# Who else:
# api-keys:
#   - canary-12
#   - { name: bob, key: canary-13 }   # sk-canary-14
api-keys:
  - canary-15
  - { name: alice, key: "sha256:ca4a4900000000000000000000000000000000000000000000000000ca4a4916" }
remote-management: { secret-key: canary-17, allow-remote: true }
models:
  m: { to: a/gpt-5.5, description: "do not use canary-15" }
  # the key was 550e8400-ca4a-11d4-a716-446655440018, then Xy7canary19zzzz
  claude-opus-4-5-20251101: a/claude-opus-4-5-20251101   # as of claude-opus-4-5-20251101
rules:
  - { when: { key: alice }, set: { session.token: canary-20 } }
`

describe('secrets go in and never come out', () => {
  const masked = placeholders.mask(FILE) ?? ''

  test('none is left in the text, wherever it stood', () => {
    expect(masked).not.toMatch(/canary|ca4a/)
    expect(masked.match(new RegExp(PLACEHOLDER, 'g'))).toHaveLength(22)
  })

  test('what is no secret stays readable', () => {
    for (const part of [
      '"${KEY}"',
      '"$x-request-id"',
      '"Bearer ${TOKEN}"',
      'name: second',
      'when: { key: alice }',
      'claude-opus-4-5-20251101: a/claude-opus-4-5-20251101   # as of claude-opus-4-5-20251101',
      '# Who else:\n# api-keys:\n#   - (kept-',
    ])
      expect(masked).toContain(part)
  })

  test('it still is YAML, with the same members', () => {
    const names = (value: unknown): unknown =>
      typeof value === 'object' && value !== null
        ? Object.entries(value).map(([key, one]) => [key, names(one)])
        : typeof value
    expect(names(parse(masked))).toEqual(names(parse(FILE)))
  })

  test('put back unchanged it is the file, byte for byte', () => {
    expect(placeholders.unmask(masked, FILE)).toEqual({ ok: true, text: FILE })
  })

  test('another salt gives another placeholder: no guess can be tried out', () => {
    const other = createSecretPlaceholders(new Uint8Array(32).fill(8)).mask(FILE) ?? ''
    expect(other).not.toBe(masked)
    expect(placeholders.unmask(other, FILE)).toMatchObject({ ok: false })
  })

  test('a text that does not parse is not shown', () =>
    expect(placeholders.mask(`${FILE}\n  [ sk-canary`)).toBeUndefined())
})

describe('a placeholder stands for its secret', () => {
  const current =
    'a: { keys: [ "one two" ] }\nb:\n  keys:\n    - |\n      line\n      more\nproxy-url: "http://u:p@x"\n'
  const [one = '', lines = '', proxy = ''] =
    (placeholders.mask(current) ?? '').match(/\(kept-[0-9a-f]+\)/g) ?? []

  test.each<[string, string, unknown]>([
    ['moved', `b: { keys: [ x, ${one} ] }\n`, { b: { keys: ['x', 'one two'] } }],
    ['twice', `keys: ${one}\nsecret: ${one}\n`, { keys: 'one two', secret: 'one two' }],
    [
      'in quotes that were added',
      `keys: [ "${one}", '${one}' ]\n`,
      { keys: ['one two', 'one two'] },
    ],
    ['lines, where there is no room for them', `keys: [ ${lines} ]\n`, { keys: ['line\nmore\n'] }],
    [
      'at a member like its own',
      `c: { proxy-url: ${proxy} }\n`,
      { c: { 'proxy-url': 'http://u:p@x' } },
    ],
    ['commented out', `# keys: [ ${one} ]\nb: 1\n`, { b: 1 }],
  ])('%s', (_, text, expected) => {
    const unmasked = placeholders.unmask(text, current)
    expect(unmasked.ok && parse(unmasked.text)).toEqual(expected)
    expect(unmasked.ok && unmasked.text).not.toContain('kept-')
  })

  test.each([
    ['with something beside it', `keys: [ "Bearer ${one}" ]\n`, 'must be the whole value'],
    ['as a name', `${one}: 1\n`, 'must be the whole value'],
    [
      'of no secret',
      'keys: (kept-0123456789abcdef)\n',
      'stands for no secret of the file as it is now',
    ],
    ['where clients could read it', `description: ${one}\n`, '"description" is no place for one'],
    ['in a remark that is read again', `b: 1 # ${one}\n`, 'would be readable in this remark'],
  ])('refused: %s', (_, text, words) =>
    expect(placeholders.unmask(text, current)).toMatchObject({
      ok: false,
      problem: expect.stringContaining(words),
    }),
  )

  test('in a value', () => {
    const unmask = (value: JsonValue, ...path: string[]) =>
      placeholders.unmaskValue(value, path, current)
    expect(unmask({ keys: [one, 'new'], n: 1 }, 'a')).toEqual({
      ok: true,
      value: { keys: ['one two', 'new'], n: 1 },
    })
    expect(unmask([one], 'keys')).toEqual({ ok: true, value: ['one two'] })
    expect(unmask(one, 'models')).toMatchObject({ ok: false })
    expect(unmask([`x ${one}`], 'keys')).toMatchObject({ ok: false })
    expect(unmask('(kept-0123456789abcdef)', 'keys')).toMatchObject({ ok: false })
    expect(unmask(['nothing'], 'models')).toEqual({ ok: true, value: ['nothing'] })
  })
})

test('any file: masked and put back it is the same', () => {
  const file = yamlText.map(text => text.replaceAll('a:', 'keys:').replaceAll('b:', 'secret-key:'))
  fc.assert(
    fc.property(file, text => {
      const masked = placeholders.mask(text)
      if (masked === undefined) return
      expect(placeholders.unmask(masked, text)).toEqual({ ok: true, text })
    }),
    { seed: 20_261_121, numRuns: 500 },
  )
}, 60_000)
