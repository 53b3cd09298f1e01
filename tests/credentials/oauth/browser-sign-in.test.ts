import { describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import {
  type CallbackHandler,
  signInByBrowser,
} from '../../../src/credentials/oauth/browser-sign-in.ts'
import { callbackIn } from '../../../src/credentials/oauth/callback.ts'
import type { BrowserFlow, OAuthVendor } from '../../../src/credentials/oauth/vendor.ts'
import { vendorBy } from '../../../src/credentials/oauth/vendors.ts'
import { countingRandom, fakeTimers, fakeVendor, type Sent } from './fake-http.ts'

const TOKENS = { access_token: 'access', refresh_token: 'refresh' }

/** What is due by now has run then. */
const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/** A sign-in that waits for its callback, with everything around it. */
async function begun(
  answer: (sent: Sent) => Response = () => Response.json(TOKENS),
  { pasteAtOnce = false } = {},
) {
  const vendor = vendorBy('name', 'claude') as OAuthVendor & { browser: BrowserFlow }
  const { http, sent } = fakeVendor(answer)
  const timers = fakeTimers()
  const leaving = new AbortController()
  const warnings: string[] = []
  const open = { listeners: 0, link: new URL('http://none') }
  let handler: CallbackHandler | undefined
  let paste: ((line: string) => void) | undefined
  const done = signInByBrowser(vendor, {
    http: { ...http, after: () => () => {} },
    ...timers,
    random: countingRandom(),
    async listen(_, given) {
      handler = given
      open.listeners++
      return () => void open.listeners--
    },
    present: url => {
      open.link = new URL(url)
    },
    offerPaste: take => {
      paste = take
    },
    pasteAtOnce,
    warn: message => void warnings.push(message),
    signal: leaving.signal,
  })
  // A failure is looked at later.
  done.catch(() => {})
  await turn()
  const callback = (query: Record<string, string>) =>
    handler?.(callbackIn(new URLSearchParams(query)))
  const state = open.link.searchParams.get('state') ?? ''
  return { done, sent, timers, leaving, warnings, open, callback, state, paste: () => paste }
}

describe('the link', () => {
  test('carries what the vendor wants, a state of 32 hex digits and a challenge', async () => {
    const { open, callback, state, sent } = await begun()
    expect(`${open.link.origin}${open.link.pathname}`).toBe('https://claude.ai/oauth/authorize')
    const query = Object.fromEntries(open.link.searchParams)
    expect(query).toMatchObject({
      code: 'true',
      response_type: 'code',
      redirect_uri: 'http://localhost:54545/callback',
      code_challenge_method: 'S256',
    })
    expect(state).toMatch(/^[0-9a-f]{32}$/)
    await callback({ code: 'c', state })
    const { code_verifier: verifier } = JSON.parse(sent[0]?.body ?? '{}')
    expect(verifier).toMatch(/^[\w-]{128}$/)
    expect(query.code_challenge).toBe(createHash('sha256').update(verifier).digest('base64url'))
  })
})

describe('a callback', () => {
  test('gives the tokens, and nothing is left waiting', async () => {
    const { done, callback, state, open, timers } = await begun()
    expect(await callback({ code: 'c', state })).toMatchObject({ ok: true })
    expect(await done).toMatchObject({ accessToken: 'access', refreshToken: 'refresh' })
    expect(open.listeners).toBe(0)
    expect(timers.pending()).toBe(0)
  })

  test('with another state is refused, and the right one still counts', async () => {
    const { done, callback, state, sent } = await begun()
    expect(await callback({ code: 'c', state: 'f'.repeat(32) })).toEqual({
      ok: false,
      message: expect.stringContaining('use the link printed last'),
    })
    expect(await callback({ code: 'c' })).toMatchObject({ ok: false })
    expect(sent).toEqual([])
    await callback({ code: 'c', state })
    expect(await done).toMatchObject({ accessToken: 'access' })
  })

  test('that comes twice is exchanged once', async () => {
    const { callback, state, sent, done } = await begun()
    const [first, second] = await Promise.all([
      callback({ code: 'c', state }),
      callback({ code: 'c', state }),
    ])
    expect(first?.ok).toBe(true)
    expect(second).toEqual({ ok: false, message: expect.stringContaining('used already') })
    await done
    expect(sent.length).toBe(1)
  })

  test.each([
    ['access_denied', 'consent was denied at Claude; sign in again and allow it'],
    ['server_error', 'Claude refused the sign-in (server_error: oops); sign in again'],
  ])('with %s ends it', async (error, message) => {
    const { done, callback, state, open } = await begun()
    await callback({ error, error_description: 'oops', state })
    await expect(done).rejects.toThrow(message)
    expect(open.listeners).toBe(0)
  })

  test('with a denial of another sign-in does not end it', async () => {
    const { done, callback, state } = await begun()
    await callback({ error: 'access_denied', state: 'other' })
    await callback({ code: 'c', state })
    expect(await done).toMatchObject({ accessToken: 'access' })
  })

  test('whose code the vendor does not take ends it', async () => {
    const { done, callback, state } = await begun(() =>
      Response.json({ error: 'invalid_grant' }, { status: 400 }),
    )
    expect(await callback({ code: 'c', state })).toMatchObject({ ok: false })
    await expect(done).rejects.toThrow('used already or is too old')
  })
})

describe('time', () => {
  test('after 15 seconds the address may be pasted', async () => {
    const { done, paste, timers, state, warnings } = await begun()
    timers.advance(14_999)
    expect(paste()).toBeUndefined()
    timers.advance(1)
    paste()?.('what?')
    paste()?.('')
    await turn()
    expect(warnings).toEqual([expect.stringContaining('no callback address')])
    paste()?.(`http://localhost:54545/callback?code=c%23${state}`)
    expect(await done).toMatchObject({ accessToken: 'access' })
  })

  test('where the browser is elsewhere it may be pasted at once', async () => {
    const { done, paste, timers, state } = await begun(undefined, { pasteAtOnce: true })
    timers.advance(0)
    paste()?.(`c#${state}`)
    expect(await done).toMatchObject({ accessToken: 'access' })
  })

  test('after five minutes it is over', async () => {
    const { done, timers, open } = await begun()
    timers.advance(300_000)
    await expect(done).rejects.toThrow('within 5 minutes; sign in again')
    expect(open.listeners).toBe(0)
  })

  test('the user can leave', async () => {
    const { done, leaving, open, timers } = await begun()
    leaving.abort(new Error('left'))
    await expect(done).rejects.toThrow('left')
    expect(open.listeners).toBe(0)
    expect(timers.pending()).toBe(0)
  })
})
