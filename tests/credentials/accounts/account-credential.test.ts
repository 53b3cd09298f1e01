import { describe, expect, test } from 'bun:test'
import { accountCredential } from '../../../src/credentials/accounts/account-credential.ts'
import type { AccountFile } from '../../../src/credentials/accounts/account-file.ts'
import type { LiveAccount } from '../../../src/credentials/accounts/live-account.ts'
import type { Credential } from '../../../src/credentials/credential.ts'
import { vendorBy } from '../../../src/credentials/oauth/vendors.ts'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import { kinds } from '../../../src/providers/index.ts'
import type { HttpRequest } from '../../../src/providers/transport.ts'

const { signal } = new AbortController()

function credentialOf(kindId: string, members: JsonObject, token: string | Promise<string>) {
  const kind = kinds.find(({ id }) => id === kindId)?.accounts
  const vendor = vendorBy('kind', kindId)
  if (!kind || !vendor) throw new Error(`kind ${kindId} takes no accounts`)
  const account: Pick<AccountFile, 'fingerprint' | 'members'> = { fingerprint: 'f', members }
  const refused: string[] = []
  const live = {
    account,
    token: () => token,
    replace: async (before: string) => refused.push(before) > 0,
    secrets: () => ['token'],
  }
  const declared = {
    id: 'p/me',
    provider: 'p',
    secret: '',
    headers: {},
    weight: 1,
    priority: 0,
  }
  const use = { vendor, proxy: undefined }
  const credential = accountCredential(declared, kind, live as unknown as LiveAccount, use)
  return { credential, refused }
}

const request = (headers: Record<string, string> = {}): HttpRequest => ({
  method: 'POST',
  url: 'https://a.test',
  headers: new Headers(headers),
  body: undefined,
  proxy: undefined,
  connectMs: 0,
})

async function sentBy(credential: Credential, headers: Record<string, string> = {}) {
  const sent = request(headers)
  await credential.authorize(sent, signal)
  return Object.fromEntries(sent.headers)
}

describe('a request of an account', () => {
  test.each<[string, JsonObject, Record<string, string>, Record<string, string>]>([
    [
      'claude-oauth',
      {},
      { 'anthropic-beta': 'a, b' },
      { authorization: 'Bearer token', 'anthropic-beta': 'a,b,oauth-2025-04-20' },
    ],
    [
      'claude-oauth',
      {},
      { 'anthropic-beta': 'oauth-2025-04-20' },
      { authorization: 'Bearer token', 'anthropic-beta': 'oauth-2025-04-20' },
    ],
    [
      'codex-oauth',
      { account_id: 'acct-1' },
      { originator: 'codex_exec' },
      {
        authorization: 'Bearer token',
        'chatgpt-account-id': 'acct-1',
        originator: 'codex_exec',
      },
    ],
    ['codex-oauth', { account_id: 'a\nb' }, {}, { authorization: 'Bearer token' }],
    ['qwen', {}, {}, { authorization: 'Bearer token' }],
    ['xai-oauth', {}, {}, { authorization: 'Bearer token' }],
  ])('%s', async (kind, members, headers, expected) => {
    expect(await sentBy(credentialOf(kind, members, 'token').credential, headers)).toEqual(expected)
  })

  test('kimi names the device of the account, and jackfield as the program', async () => {
    const sent = await sentBy(credentialOf('kimi', { device_id: 'd-1' }, 'token').credential)
    expect(sent).toMatchObject({ 'x-msh-device-id': 'd-1', 'x-msh-platform': 'jackfield' })
    const broken = await sentBy(credentialOf('kimi', { device_id: 'd\n1' }, 'token').credential)
    expect(broken).not.toHaveProperty('x-msh-device-id')
  })

  test('costs no turn of the event loop while the token is good', () => {
    expect(
      credentialOf('qwen', {}, 'token').credential.authorize(request(), signal),
    ).toBeUndefined()
    const later = credentialOf('qwen', {}, Promise.resolve('token')).credential
    expect(later.authorize(request(), signal)).toBeInstanceOf(Promise)
  })

  test('after a 401 the very token that it had is replaced', async () => {
    const { credential, refused } = credentialOf('qwen', {}, 'token')
    const sent = request({ authorization: 'Bearer before' })
    expect(await credential.refresh?.(sent, signal)).toBe(true)
    expect(refused).toEqual(['before'])
  })
})

test.each<[string, JsonObject, string, string]>([
  ['a host of the account', { resource_url: 'other.qwen.ai' }, '', 'https://other.qwen.ai/v1'],
  ['a URL of it', { resource_url: 'https://other.qwen.ai/x' }, '', 'https://other.qwen.ai/v1'],
  ['never without encryption', { resource_url: 'http://a.test' }, '', 'https://a.test/v1'],
  ['none', {}, '', 'https://portal.qwen.ai/v1'],
  [
    'a base-url of the file goes before it',
    { resource_url: 'other.qwen.ai' },
    'http://127.0.0.1:1/v1',
    'http://127.0.0.1:1/v1',
  ],
])('where a Qwen account is served: %s', (_, members, written, expected) => {
  const { credential } = credentialOf('qwen', members, 'token')
  expect(credential.endpoint?.(written || 'https://portal.qwen.ai/v1')).toEqual({
    baseUrl: expected,
  })
})
