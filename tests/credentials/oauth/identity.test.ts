import { describe, expect, test } from 'bun:test'
import { identityOf } from '../../../src/credentials/oauth/identity.ts'
import type { IssuedTokens } from '../../../src/credentials/oauth/tokens.ts'
import type { IdentitySource } from '../../../src/credentials/oauth/vendor.ts'
import { VENDORS } from '../../../src/credentials/oauth/vendors.ts'
import { fakeVendor, unsignedToken } from './fake-http.ts'

const [claude] = VENDORS
const TOKENS: IssuedTokens = { accessToken: 'access', rest: {} }
const ID_TOKEN: IdentitySource = { from: 'id-token' }
const REPLY: IdentitySource = { from: 'token-reply', path: ['account', 'email_address'] }
const URL: IdentitySource = { from: 'url', url: 'https://v.example/me', path: ['data', 'email'] }

function identity(source: IdentitySource, tokens: Partial<IssuedTokens>, reply: object = {}) {
  if (!claude) throw new Error('no vendor')
  const { http, sent } = fakeVendor(() => Response.json(reply))
  const found = identityOf({ ...claude, identity: source }, { ...TOKENS, ...tokens }, http, 0)
  return { found, sent }
}

describe('an account is named', () => {
  test.each([
    [
      'by the e-mail of its id token',
      ID_TOKEN,
      { idToken: unsignedToken({ email: 'a@b.c', sub: '1' }) },
      'a@b.c',
    ],
    ['by its subject otherwise', ID_TOKEN, { idToken: unsignedToken({ sub: 'user-1' }) }, 'user-1'],
    ['by the token reply', REPLY, { rest: { account: { email_address: ' a@b.c ' } } }, 'a@b.c'],
  ] as const)('%s', async (_, source, tokens, expected) =>
    expect(await identity(source, tokens).found).toBe(expected),
  )

  test('by a URL that is asked with its token', async () => {
    const { found, sent } = identity(URL, {}, { data: { email: 'a@b.c' } })
    expect(await found).toBe('a@b.c')
    expect(sent.map(({ url, headers }) => [url, headers.get('authorization')])).toEqual([
      ['https://v.example/me', 'Bearer access'],
    ])
  })
})

describe('an account has no name', () => {
  test.each([
    ['where the vendor gives none', { from: 'none' }, {}],
    ['without an id token', ID_TOKEN, {}],
    ['with a damaged one', ID_TOKEN, { idToken: 'a.%%%.c' }],
    ['of control characters', ID_TOKEN, { idToken: unsignedToken({ email: 'a\u001b[2J' }) }],
    [
      'longer than an address can be',
      REPLY,
      { rest: { account: { email_address: 'x'.repeat(300) } } },
    ],
    ['that is no text', REPLY, { rest: { account: { email_address: 7 } } }],
    ['where its place is another thing', REPLY, { rest: { account: 'x' } }],
  ] as const)('%s', async (_, source, tokens) =>
    expect(await identity(source, tokens).found).toBeUndefined(),
  )
})
