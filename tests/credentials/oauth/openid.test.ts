import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { randomBytes } from 'node:crypto'
import type { OAuthHttp } from '../../../src/credentials/oauth/ask.ts'
import {
  type CallbackHandler,
  signInByBrowser,
} from '../../../src/credentials/oauth/browser-sign-in.ts'
import { callbackIn } from '../../../src/credentials/oauth/callback.ts'
import { signInByDevice } from '../../../src/credentials/oauth/device-sign-in.ts'
import { identityOf } from '../../../src/credentials/oauth/identity.ts'
import { type IssuedTokens, refreshTokens } from '../../../src/credentials/oauth/tokens.ts'
import {
  type BrowserFlow,
  type DeviceFlow,
  type OAuthVendor,
  withSettings,
} from '../../../src/credentials/oauth/vendor.ts'
import { VENDORS } from '../../../src/credentials/oauth/vendors.ts'
import { type OidcVendor, oidcVendor } from '../../support/oidc-vendor.ts'
import { browse } from '../../support/user-agent.ts'
import { unsignedToken } from './fake-http.ts'

/** Every vendor against a real OpenID provider that is set up as the vendor behaves. */

const NOW = Date.parse('2026-08-01T12:00:00Z')
const http: OAuthHttp = {
  userAgent: 'jackfield/test',
  transport: {
    send: ({ method, url, headers, body }, signal) =>
      fetch(url, { method, headers, body, signal, redirect: 'manual' }),
  },
}
const common = { http, now: () => NOW, random: randomBytes, signal: new AbortController().signal }

type Options = { user?: string; deny?: boolean }

async function signIn(vendor: OAuthVendor, options: Options = {}): Promise<IssuedTokens> {
  const { browser, device } = vendor
  if (browser) return byBrowser({ ...vendor, browser }, options)
  if (device) return byDevice({ ...vendor, device }, options)
  throw new Error('no way to sign in')
}

function byBrowser(vendor: OAuthVendor & { browser: BrowserFlow }, options: Options) {
  let handler: CallbackHandler | undefined
  return signInByBrowser(vendor, {
    ...common,
    after: () => () => {},
    async listen(_, given) {
      handler = given
      return () => {}
    },
    present: url =>
      void browse(url, { ...options, stopAt: 'http://localhost' }).then(({ url }) =>
        handler?.(callbackIn(new URL(url).searchParams)),
      ),
    offerPaste() {},
    warn() {},
  })
}

/** Between two polls the user does what is to be done. */
function byDevice(vendor: OAuthVendor & { device: DeviceFlow }, options: Options) {
  let visit: Promise<unknown> | undefined
  return signInByDevice(vendor, {
    ...common,
    after(_, run) {
      void visit?.then(run)
      return () => {}
    },
    present: ({ url }) => {
      visit = browse(url, options)
    },
  })
}

describe.each(VENDORS.map(shipped => ({ name: shipped.name, shipped })))('$name', ({ shipped }) => {
  let provider: OidcVendor
  let vendor: OAuthVendor
  beforeAll(async () => {
    provider = await oidcVendor(shipped, {
      account: { email_address: 'ada@example.com' },
      ...(shipped.onboarding ? { id_token: unsignedToken({ email: 'ada@example.com' }) } : {}),
    })
    vendor = withSettings(shipped, provider.settings)
  })
  afterAll(() => provider.close())

  test('signs in, and calls itself by our name', async () => {
    const tokens = await signIn(vendor)
    expect(tokens.accessToken).not.toBe('')
    expect(tokens.refreshToken).not.toBe('')
    expect(tokens.expiresAtMs).toBe(NOW + 3_600_000)
    const identity = await identityOf(vendor, tokens, http, NOW)
    expect(identity).toBe(shipped.identity.from === 'none' ? undefined : 'ada@example.com')
    expect(new Set(provider.asked.map(({ userAgent }) => userAgent))).toEqual(
      new Set(['jackfield/test']),
    )
  })

  test('refreshes; a refresh token is taken once, and one that comes twice ends the sign-in', async () => {
    const first = await signIn(vendor)
    const second = await refreshTokens(vendor, first.refreshToken ?? '', http, NOW)
    expect(second.accessToken).not.toBe(first.accessToken)
    expect(second.refreshToken).not.toBe(first.refreshToken)
    const reused = refreshTokens(vendor, first.refreshToken ?? '', http, NOW)
    await expect(reused).rejects.toMatchObject({ code: 'invalid-grant' })
    const revoked = refreshTokens(vendor, second.refreshToken ?? '', http, NOW)
    await expect(revoked).rejects.toMatchObject({ code: 'invalid-grant' })
  })

  test('denied consent is a sentence', async () => {
    const words = `consent was denied at ${shipped.title}; sign in again and allow it`
    await expect(signIn(vendor, { deny: true })).rejects.toThrow(words)
  })
})
