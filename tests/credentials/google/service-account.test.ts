import { describe, expect, test } from 'bun:test'
import { generateKeyPairSync } from 'node:crypto'
import { createTokens } from '../../../src/credentials/google/access-token.ts'
import type { AccountKey } from '../../../src/credentials/google/key-file.ts'
import { serviceAccount } from '../../../src/credentials/google/service-account.ts'
import type { HttpRequest } from '../../../src/providers/transport.ts'

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ACCOUNT: AccountKey = {
  email: 'svc@p.test',
  project: 'p',
  privateKey: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
  tokenUrl: 'https://oauth2.test/token',
}
const DECLARED = {
  id: 'vertex/key-1',
  provider: 'vertex',
  secret: '{"a key file":true}',
  headers: {},
  weight: 1,
  priority: 0,
}
const { signal } = new AbortController()

/** A token endpoint that counts what it issues, and holds its replies back until it may send them. */
function office({ proxy = undefined as string | undefined, held = false } = {}) {
  const asked: HttpRequest[] = []
  const replies: (() => void)[] = []
  const due: { ms: number; run(): void }[] = []
  const tokens = createTokens({
    now: () => Date.UTC(2026, 0, 1),
    after(ms, run) {
      due.push({ ms, run })
      return () => {}
    },
    transport: {
      send(request, signal) {
        asked.push(request)
        const reply = Response.json({ access_token: `ya29.${asked.length}`, expires_in: 3_600 })
        if (!held) return Promise.resolve(reply)
        return new Promise((resolve, reject) => {
          replies.push(() => resolve(reply))
          signal.addEventListener('abort', () => reject(signal.reason), { once: true })
        })
      },
    },
  })
  const endpoint = () => ({ baseUrl: 'https://region.test', root: '/root' })
  const make = () => serviceAccount(DECLARED, ACCOUNT, endpoint, tokens, { proxy })
  return { credential: make(), make, asked, replies, due }
}

const request = (): HttpRequest => ({
  method: 'POST',
  url: 'https://region.test/',
  headers: new Headers(),
  body: undefined,
  proxy: undefined,
  connectMs: 0,
})

async function authorized(credential: ReturnType<typeof serviceAccount>): Promise<HttpRequest> {
  const made = request()
  await credential.authorize(made, signal)
  return made
}

describe('a service account', () => {
  test('fetches its token through its proxy', async () => {
    const { credential, asked } = office({ proxy: 'socks5://proxy.test:1080' })
    expect((await authorized(credential)).headers.get('authorization')).toBe('Bearer ya29.1')
    expect(asked[0]).toMatchObject({ url: ACCOUNT.tokenUrl, proxy: 'socks5://proxy.test:1080' })
  })

  test('whose token is refused fetches another one', async () => {
    const { credential } = office()
    const refused = await authorized(credential)
    expect(await credential.refresh?.(refused, signal)).toBe(true)
    expect((await authorized(credential)).headers.get('authorization')).toBe('Bearer ya29.2')
  })

  test('fetches one for all requests that were refused with the same token', async () => {
    const { credential, asked } = office()
    const refused = await Promise.all(Array.from({ length: 64 }, () => authorized(credential)))
    const refreshed = await Promise.all(refused.map(one => credential.refresh?.(one, signal)))
    expect(refreshed).toEqual(refused.map(() => true))
    expect(asked).toHaveLength(2)
    // One that comes later was refused with the token before: nothing is fetched for it.
    expect(await credential.refresh?.(refused[0] ?? request(), signal)).toBe(true)
    expect(asked).toHaveLength(2)
  })

  test('keeps its token and its fingerprint over a reload', async () => {
    const { credential, make, asked } = office()
    await authorized(credential)
    const reloaded = make()
    await authorized(reloaded)
    expect(asked).toHaveLength(1)
    expect(reloaded.fingerprint).toBe(credential.fingerprint)
    expect(reloaded.secrets()).toContain('ya29.1')
  })

  test('names its token as a secret as soon as it has it, and the one before', async () => {
    const { credential } = office()
    const before = credential.secrets()
    expect(before).toEqual([DECLARED.secret, ACCOUNT.privateKey])
    const refused = await authorized(credential)
    expect(credential.secrets()).toEqual([...before, 'ya29.1'])
    expect(credential.secrets()).toBe(credential.secrets())
    await credential.refresh?.(refused, signal)
    expect(credential.secrets()).toEqual([...before, 'ya29.2', 'ya29.1'])
  })
})

describe('a token under way', () => {
  test('is not given up for the others when one of those waiting leaves', async () => {
    const { credential, asked, replies } = office({ held: true })
    const leaving = new AbortController()
    const left = Promise.resolve(credential.authorize(request(), leaving.signal)).catch(
      (error: unknown) => error,
    )
    const staying = authorized(credential)
    leaving.abort(new Error('left'))
    expect(String(await left)).toBe('Error: left')
    replies[0]?.()
    expect((await staying).headers.get('authorization')).toBe('Bearer ya29.1')
    expect(asked).toHaveLength(1)
  })

  test('that never comes is given up, and the next request asks again', async () => {
    const { credential, asked, replies, due } = office({ held: true })
    const first = authorized(credential).catch((error: unknown) => error)
    expect(due.map(({ ms }) => ms)).toEqual([30_000])
    due[0]?.run()
    expect(await first).toMatchObject({ code: 'upstream-failed' })
    const second = authorized(credential)
    replies[1]?.()
    expect((await second).headers.get('authorization')).toBe('Bearer ya29.2')
    expect(asked).toHaveLength(2)
  })
})
