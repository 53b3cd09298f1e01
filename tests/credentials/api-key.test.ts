import { describe, expect, test } from 'bun:test'
import { apiKey } from '../../src/credentials/api-key.ts'
import type { CredentialSpec } from '../../src/credentials/credential.ts'
import { declaredCredentials } from '../../src/credentials/declared.ts'
import type { Tokens } from '../../src/credentials/google/access-token.ts'
import type { Auth, Kind } from '../../src/providers/kind.ts'
import type { HttpRequest } from '../../src/providers/transport.ts'

const declared = (secret: string, more: Partial<CredentialSpec> = {}): CredentialSpec => ({
  id: 'p/key-1',
  provider: 'p',
  secret,
  headers: {},
  weight: 1,
  priority: 0,
  ...more,
})
const request = (): HttpRequest => ({
  method: 'POST',
  url: 'https://p.test/',
  headers: new Headers(),
  body: undefined,
  proxy: undefined,
  connectMs: 0,
})
const { signal } = new AbortController()

describe('an API key', () => {
  test.each<[string, Auth, string, Record<string, string>]>([
    ['in a header', { header: 'x-api-key' }, 'k-1', { 'x-api-key': 'k-1' }],
    [
      'behind a prefix',
      { header: 'authorization', prefix: 'Bearer ' },
      'k-1',
      { authorization: 'Bearer k-1' },
    ],
    ['that is empty is not sent', { header: 'x-api-key' }, '', {}],
    ['of a kind without any is not sent', 'none', 'k-1', {}],
  ])('%s', (_, auth, secret, headers) => {
    const sent = request()
    const credential = apiKey(declared(secret), { auth, proxy: undefined })
    // Nothing to wait for: the sender goes on in the same turn.
    expect(credential.authorize(sent, signal)).toBeUndefined()
    expect(Object.fromEntries(sent.headers)).toEqual(headers)
    expect(credential.refresh).toBeUndefined()
  })

  test('is told apart by what cooldowns on disk have held so far', () => {
    const options = { auth: 'none', proxy: undefined } as const
    // sha256("secret-a"), the first 16 digits.
    expect(apiKey(declared('secret-a'), options).fingerprint).toBe('8766b9cb08e6040b')
    expect(apiKey(declared('secret-b'), options).fingerprint).not.toBe('8766b9cb08e6040b')
  })

  test('goes through its own proxy, else through that of its provider', () => {
    const options = { auth: 'none', proxy: 'http://both.test' } as const
    expect(apiKey(declared('k', { proxy: 'direct' }), options).proxy).toBe('direct')
    expect(apiKey(declared('k'), options).proxy).toBe('http://both.test')
  })

  test('is its only secret, always the same list', () => {
    const credential = apiKey(declared('k-1'), { auth: 'none', proxy: undefined })
    expect(credential.secrets()).toEqual(['k-1'])
    expect(credential.secrets()).toBe(credential.secrets())
  })
})

describe('the form of a declared credential', () => {
  const KEY_FILE = JSON.stringify({
    client_email: 'svc@p.test',
    project_id: 'p',
    private_key: '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n',
  })
  const tokens: Tokens = { tokenFor: async () => 'token', drop() {}, issued: () => [] }
  const kind = (more: Partial<Kind> = {}): Kind => ({
    id: 'k',
    title: 'K',
    speaks: [{ protocol: 'gemini', baseUrl: 'https://k.test' }],
    auth: { header: 'x-key' },
    ...more,
  })
  const noAccounts = {
    live() {
      throw new Error('no account is declared')
    },
  }
  const serviceAccountEndpoint = () => ({ baseUrl: 'https://elsewhere.test', root: '/root' })

  test.each<[string, string, Kind, boolean]>([
    ['a key file where the kind takes them', KEY_FILE, kind({ serviceAccountEndpoint }), true],
    ['a key where the kind takes key files', 'AIza-key', kind({ serviceAccountEndpoint }), false],
    ['a key file where the kind takes none', KEY_FILE, kind(), false],
    ['JSON that is no key file', '{"a":1}', kind({ serviceAccountEndpoint }), false],
  ])('%s', async (_, secret, of, isAccount) => {
    const [credential] = declaredCredentials(
      { kind: of, credentials: [declared(secret)] },
      tokens,
      noAccounts,
    )
    const sent = request()
    await credential?.authorize(sent, signal)
    expect(sent.headers.get('authorization')).toBe(isAccount ? 'Bearer token' : null)
    expect(sent.headers.get('x-key')).toBe(isAccount ? null : secret)
    expect(credential?.endpoint?.('https://k.test')).toEqual(
      isAccount ? serviceAccountEndpoint() : undefined,
    )
  })
})
