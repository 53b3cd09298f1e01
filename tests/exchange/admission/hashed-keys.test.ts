import { describe, expect, test } from 'bun:test'
import { compileTable, formatDiagnostic } from '../../../src/config/index.ts'
import { hashOf } from '../../../src/lib/key-hash.ts'
import { kinds } from '../../../src/providers/index.ts'
import { localGateway } from '../../support/local-gateway.ts'
import { whole } from '../../support/routes.ts'

const HASH = hashOf('alices-own-key')

function told(text: string): string[] {
  const compiled = compileTable('routes.yaml', whole(text), {
    env: { ALICE: HASH },
    readFile: () => '',
    kinds,
  })
  return (compiled.ok ? compiled.warnings : compiled.diagnostics).map(formatDiagnostic)
}

describe('an API key may be written as its hash', () => {
  const status = async (key: string, written: string): Promise<number> => {
    const gateway = localGateway(
      `providers: { echo: { kind: echo } }\napi-keys: [ ${written} ]\n`,
      () => new Response(null, { status: 500 }),
      { ALICE: HASH },
    )
    return (await gateway.call('/v1/models', { headers: { 'x-api-key': key } })).status
  }

  test.each([
    ['in the long form', `{ name: alice, key: "${HASH}" }`],
    ['in upper case', `{ name: alice, key: "sha256:${HASH.slice(7).toUpperCase()}" }`],
    ['in the short form', `"${HASH}"`],
    ['in a variable', '{ name: alice, key: "${ALICE}" }'],
    ['beside a plain one', `other-key-01, { name: alice, key: "${HASH}" }`],
  ])('%s: the key opens, the hash does not', async (_, written) => {
    expect(await status('alices-own-key', written)).toBe(200)
    expect(await status(HASH, written)).toBe(401)
    expect(await status(HASH.slice(7), written)).toBe(401)
    expect(await status('bobs-key', written)).toBe(401)
  })
})

describe('hashes that cannot be right', () => {
  test.each<[string, string, string]>([
    [
      'too short',
      'api-keys: [ { name: alice, key: "sha256:abc" } ]\n',
      'routes.yaml:1:13: api-keys[0]: this is no SHA-256 hash of a key (write sha256: and 64 hex digits, or let "jackfield key NAME" make a key)',
    ],
    [
      'the key beside its own hash',
      `api-keys: [ alices-own-key, { name: alice, key: "${HASH}" } ]\n`,
      'routes.yaml:1:29: api-keys[1]: this key stands here twice (take one out)',
    ],
    [
      "as a provider's key",
      `providers: { a: { kind: openai, keys: [ "${HASH}" ] } }\n`,
      'routes.yaml:1:41: providers.a.keys[0]: a hash opens nothing at a provider (write the key itself, or ${NAME}; only api-keys can be hashes)',
    ],
    [
      'a management secret',
      'remote-management: { secret-key: "sha256:zz" }\n',
      'routes.yaml:1:34: remote-management.secret-key: this is no SHA-256 hash (write sha256: and 64 hex digits: printf %s "$SECRET" | sha256sum)',
    ],
    [
      'half a bcrypt hash',
      'remote-management: { secret-key: "$2a$10$abcdefghijkl" }\n',
      'routes.yaml:1:34: remote-management.secret-key: this is no whole bcrypt hash (a bcrypt hash has 60 characters; copy all of them, or write the secret itself)',
    ],
    [
      'a management secret that is public',
      'remote-management: { secret-key: changeme }\n',
      'routes.yaml:1:34: remote-management.secret-key: this is a sample key, which is public (make one of your own: openssl rand -hex 24)',
    ],
    [
      'a word too many',
      'remote-management: { allow-remot: true }\n',
      'routes.yaml:1:22: remote-management.allow-remot: unknown key "allow-remot" (did you mean "allow-remote"?)',
    ],
  ])('%s', (_, text, expected) => expect(told(text)).toEqual([expected]))

  test('no complaint quotes a key that was written where a name belongs', () => {
    expect(told('providers: { a: { kind: sk-live-0123456789 } }\n')).toEqual([
      expect.stringContaining('there is no kind "(a secret)"'),
    ])
  })

  test('no complaint shows the hash', () => {
    expect(told(`api-keys: [ "sha256:${'f00dbeef'.repeat(6)}" ]\n`).join()).not.toContain('f00d')
  })
})
