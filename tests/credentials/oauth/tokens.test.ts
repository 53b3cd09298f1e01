import { describe, expect, test } from 'bun:test'
import { OAuthError } from '../../../src/credentials/oauth/error.ts'
import { exchangeCode, refreshTokens } from '../../../src/credentials/oauth/tokens.ts'
import { type OAuthVendor, withSettings } from '../../../src/credentials/oauth/vendor.ts'
import { VENDORS, vendorBy } from '../../../src/credentials/oauth/vendors.ts'
import { fakeVendor } from './fake-http.ts'

const NOW = Date.parse('2026-08-01T12:00:00Z')
const TOKENS = { access_token: 'access-1', refresh_token: 'refresh-2', expires_in: 3600 }
const SECRET = 'refresh-1-secret'

function vendor(name: string): OAuthVendor {
  const found = vendorBy('name', name)
  if (!found) throw new Error(name)
  return found
}

const claude = vendor('claude')
const qwen = vendor('qwen')

async function failure(reply: Response | Error, refreshing = qwen): Promise<OAuthError> {
  const { http } = fakeVendor(() => {
    if (reply instanceof Error) throw reply
    return reply
  })
  const error = await refreshTokens(refreshing, SECRET, http, NOW).catch(
    (caught: unknown) => caught,
  )
  if (error instanceof OAuthError) return error
  throw new Error('it did not fail')
}

describe('what is sent', () => {
  test('a code goes as JSON where the vendor wants that, with state and verifier', async () => {
    const { http, sent } = fakeVendor(() => Response.json(TOKENS))
    const grant = {
      code: 'c',
      state: 's',
      redirectUri: 'http://localhost:1/callback',
      verifier: 'v',
    }
    await exchangeCode(claude, grant, http, NOW)
    expect(sent.map(({ method, url }) => `${method} ${url}`)).toEqual([`POST ${claude.tokenUrl}`])
    expect(sent[0]?.headers.get('content-type')).toBe('application/json')
    expect(sent[0]?.headers.get('user-agent')).toBe('jackfield/test')
    expect(JSON.parse(sent[0]?.body ?? '')).toEqual({
      grant_type: 'authorization_code',
      code: 'c',
      redirect_uri: 'http://localhost:1/callback',
      state: 's',
      code_verifier: 'v',
      client_id: claude.clientId,
    })
  })

  test('a refresh token goes as a form elsewhere', async () => {
    const { http, sent } = fakeVendor(() => Response.json(TOKENS))
    await refreshTokens(qwen, 'r&=', http, NOW)
    expect(Object.fromEntries(new URLSearchParams(sent[0]?.body))).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'r&=',
      client_id: qwen.clientId,
    })
  })

  test('a refresh asks for the scope that its vendor wants named', async () => {
    const { http, sent } = fakeVendor(() => Response.json(TOKENS))
    await refreshTokens(vendor('codex'), 'r', http, NOW)
    expect(Object.fromEntries(new URLSearchParams(sent[0]?.body))).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'r',
      scope: 'openid profile email',
      client_id: vendor('codex').clientId,
    })
  })

  test.each([
    ['none', undefined, undefined, { client_id: 'me' }],
    ['body', 'p:w', undefined, { client_id: 'me', client_secret: 'p:w' }],
    ['basic', 'p:w', `Basic ${btoa('me:p%3Aw')}`, {}],
    ['both', 'p:w', `Basic ${btoa('me:p%3Aw')}`, { client_id: 'me', client_secret: 'p:w' }],
  ] as const)('a client proves itself by %s', async (way, clientSecret, header, members) => {
    const { http, sent } = fakeVendor(() => Response.json(TOKENS))
    const client = { ...qwen, clientAuthentication: way, clientId: 'me', clientSecret }
    await refreshTokens(client, 'r', http, NOW)
    expect(sent[0]?.headers.get('authorization') ?? undefined).toBe(header)
    expect(Object.fromEntries(new URLSearchParams(sent[0]?.body))).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'r',
      ...members,
    })
  })
})

describe('what comes back', () => {
  test('is read, and all else is kept', async () => {
    const { http } = fakeVendor(() =>
      Response.json(
        { ...TOKENS, expires_in: '60', id_token: 'i.d.t', resource_url: 'portal.qwen.ai' },
        { headers: { date: new Date(NOW - 90_000).toUTCString() } },
      ),
    )
    expect(await refreshTokens(qwen, 'r', http, NOW)).toEqual({
      accessToken: 'access-1',
      refreshToken: 'refresh-2',
      expiresAtMs: NOW + 60_000,
      idToken: 'i.d.t',
      clockAheadMs: 90_000,
      rest: { resource_url: 'portal.qwen.ai' },
    })
  })

  test('may be an access token alone', async () => {
    const { http } = fakeVendor(() => Response.json({ access_token: 'a' }))
    const tokens = await refreshTokens(qwen, 'r', http, NOW)
    expect(tokens.refreshToken).toBeUndefined()
    expect(tokens.expiresAtMs).toBeUndefined()
  })
})

const page = (status: number): Response =>
  new Response('<html>Just a moment…</html>', { status, headers: { 'content-type': 'text/html' } })
const json = (status: number, body: object, headers = {}): Response =>
  Response.json(body, { status, headers })

describe('a failure is typed', () => {
  test.each([
    ['an invalid grant', json(400, { error: 'invalid_grant' }), 'invalid-grant', 'sign in again'],
    [
      'a reused token',
      json(401, { error: { code: 'refresh_token_reused' } }),
      'invalid-grant',
      'sign in again',
    ],
    [
      'an invalid grant of Anthropic',
      json(400, { error: { type: 'invalid_grant', message: 'x' } }),
      'invalid-grant',
      'x',
    ],
    ['an invalid client', json(401, { error: 'invalid_client' }), 'rejected', 'invalid_client'],
    ['a fault', json(500, { error: 'server_error' }), 'transient', 'try again later'],
    [
      'a limit',
      json(429, { message: 'too many' }, { 'retry-after': '7' }),
      'transient',
      'too many',
    ],
    ['a page with status 200', page(200), 'not-json', 'a page in place of JSON'],
    ['a page with status 403', page(403), 'not-json', 'try again from another network'],
    ['the page of a fault', page(502), 'transient', 'cannot serve this now (status 502)'],
    ['a redirect', new Response(null, { status: 302 }), 'not-json', 'status 302'],
    ['an array', Response.json([]), 'not-json', 'a page in place of JSON'],
    ['no token', json(200, {}), 'rejected', 'without an access token'],
    [
      'a token that no header can hold',
      json(200, { access_token: 'a\nb' }),
      'rejected',
      'without an access token',
    ],
    [
      'no network',
      Object.assign(new Error('x'), { code: 'ECONNREFUSED' }),
      'network',
      'ECONNREFUSED',
    ],
    ['a reply without end', new Response('x'.repeat(300_000)), 'not-json', 'more than 256 KB'],
  ] as const)('%s', async (_, reply, code, words) => {
    const error = await failure(reply)
    expect(error.code).toBe(code)
    expect(error.message).toContain(words)
  })

  test('a limit keeps how long it lasts', async () =>
    expect((await failure(json(429, {}, { 'retry-after': '7' }))).retryAfterMs).toBe(7000))

  test('what the vendor repeats of a secret is left out, and so is most of a long text', async () => {
    const error = await failure(
      json(400, {
        error: 'invalid_request',
        error_description: `bad ${SECRET} ${'x'.repeat(999)}`,
      }),
    )
    expect(error.message).toContain('bad …')
    expect(error.message).not.toContain(SECRET)
    expect(error.message.length).toBeLessThan(300)
  })

  test('a code that was used already has a sentence of its own', async () => {
    const { http } = fakeVendor(() => json(400, { error: 'invalid_grant' }))
    const grant = { code: 'c', state: 's', redirectUri: 'http://localhost:1/callback' }
    await expect(exchangeCode(claude, grant, http, NOW)).rejects.toThrow(
      'used already or is too old',
    )
  })

  test('silence ends after half a minute', async () => {
    const { http } = fakeVendor(() => new Promise(() => {}))
    const limits: number[] = []
    const transport = {
      send: (_: unknown, signal: AbortSignal) =>
        new Promise<Response>((_, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason)),
        ),
    }
    const after = (ms: number, run: () => void) => {
      limits.push(ms)
      queueMicrotask(run)
      return () => {}
    }
    await expect(refreshTokens(qwen, 'r', { ...http, transport, after }, NOW)).rejects.toThrow(
      'did not answer within 30 s',
    )
    expect(limits).toEqual([30_000])
  })

  test('what ends from outside keeps its reason', async () => {
    const { http } = fakeVendor(() => Promise.reject(new Error('aborted')))
    const signal = AbortSignal.abort(new Error('the user left'))
    await expect(refreshTokens(qwen, 'r', { ...http, signal }, NOW)).rejects.toThrow(
      'the user left',
    )
  })
})

describe('endpoints that a discovery document names', () => {
  const xai = vendor('xai')

  test('are asked for and used', async () => {
    const { http, sent } = fakeVendor(({ method }) =>
      Response.json(method === 'GET' ? { token_endpoint: 'https://auth.x.ai/t' } : TOKENS),
    )
    await refreshTokens(xai, 'r', http, NOW)
    expect(sent.map(({ method, url }) => `${method} ${url}`)).toEqual([
      `GET ${xai.discoveryUrl}`,
      'POST https://auth.x.ai/t',
    ])
  })

  test.each([
    'https://elsewhere.example/t',
    'http://auth.x.ai/t',
    'https://notx.ai/t',
    'no url',
    7,
  ])('%p gets no token', async url => {
    const { http, sent } = fakeVendor(() => Response.json({ token_endpoint: url }))
    await expect(refreshTokens(xai, 'r', http, NOW)).rejects.toThrow(
      'names no token endpoint of its own',
    )
    expect(sent.map(({ method }) => method)).toEqual(['GET'])
  })

  test('settings stand in their place', async () => {
    const { http, sent } = fakeVendor(() => Response.json(TOKENS))
    await refreshTokens(withSettings(xai, { tokenUrl: 'http://127.0.0.1:1/t' }), 'r', http, NOW)
    expect(sent.map(({ url }) => url)).toEqual(['http://127.0.0.1:1/t'])
  })
})

describe('settings', () => {
  test('change what they name', () => {
    const changed = withSettings(claude, {
      authorizeUrl: 'http://a/',
      tokenUrl: 'http://t/',
      clientId: 'id',
      clientSecret: 'secret',
      scopes: ['one'],
      redirectPort: 1,
    })
    expect(changed).toEqual({
      ...claude,
      tokenUrl: 'http://t/',
      clientId: 'id',
      clientSecret: 'secret',
      clientAuthentication: 'body',
      scopes: ['one'],
      browser: {
        ...claude.browser,
        authorizeUrl: 'http://a/',
        redirectPort: 1,
      } as typeof claude.browser,
    })
  })

  test('without members change nothing', () => {
    for (const vendor of VENDORS) expect(withSettings(vendor, {})).toEqual(vendor)
  })

  test('no vendor ships a secret, and each can be signed in to', () => {
    expect(VENDORS.filter(({ clientSecret }) => clientSecret !== undefined)).toEqual([])
    expect(VENDORS.filter(({ browser, device }) => !browser && !device)).toEqual([])
  })
})
