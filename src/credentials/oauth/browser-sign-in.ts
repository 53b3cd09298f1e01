import type { After } from '../../lib/timer.ts'
import type { OAuthHttp } from './ask.ts'
import { type Authorization, createAuthorization, type RandomBytes } from './authorization.ts'
import { type CallbackParameters, readCallback } from './callback.ts'
import { endpointOf } from './endpoints.ts'
import { OAuthError } from './error.ts'
import { exchangeCode, type IssuedTokens } from './tokens.ts'
import type { BrowserFlow, OAuthVendor } from './vendor.ts'

/** What the user's browser is shown once the callback is dealt with. */
export type CallbackPage = { ok: boolean; message: string }

export type CallbackHandler = (callback: CallbackParameters | undefined) => Promise<CallbackPage>

export type BrowserSignInOptions = {
  http: OAuthHttp
  now(): number
  random: RandomBytes
  after: After
  /** Serves callbacks on loopback until the function it gives is called. Throws where it cannot. */
  listen(flow: BrowserFlow, handler: CallbackHandler): Promise<() => void>
  /** Shows the link, and opens it where there is a browser. */
  present(url: string): void
  /** Asks for the URL of the callback, and gives `take` every line. Called once, after 15 s without one. */
  offerPaste(take: (line: string) => void): void
  /** The user's browser is on another machine: the URL is asked for without waiting. */
  pasteAtOnce?: boolean
  /** A sentence for the user while the sign-in goes on. */
  warn(message: string): void
  /** The user gave up. */
  signal: AbortSignal
}

const LIMIT_MS = 5 * 60_000
const PASTE_AFTER_MS = 15_000
const NO_CALLBACK = 'that is no callback address; copy the whole address that the browser ended at'

/**
 * Signs in by the authorization code flow. Throws an `OAuthError`, what `listen` throws, and the
 * signal's reason once that is aborted.
 */
export async function signInByBrowser(
  vendor: OAuthVendor & { browser: BrowserFlow },
  options: BrowserSignInOptions,
): Promise<IssuedTokens> {
  const { http, now, random, after, signal } = options
  const authorizeUrl = await endpointOf(vendor, 'authorize', http, now())
  const authorization = createAuthorization(vendor, authorizeUrl, random)
  const { promise, resolve, reject } = Promise.withResolvers<IssuedTokens>()
  const take = taker(vendor, authorization, options, { resolve, reject })
  const close = await options.listen(vendor.browser, take)
  const stops = [
    close,
    after(LIMIT_MS, () => reject(tooLate(vendor))),
    after(options.pasteAtOnce ? 0 : PASTE_AFTER_MS, () =>
      options.offerPaste(line => {
        if (line.trim() !== '')
          void take(readCallback(line)).then(page => page.ok || options.warn(page.message))
      }),
    ),
  ]
  const leave = (): void => reject(signal.reason)
  signal.addEventListener('abort', leave, { once: true })
  try {
    options.present(authorization.url)
    return await promise
  } finally {
    signal.removeEventListener('abort', leave)
    for (const stop of stops) stop()
  }
}

type Settle = { resolve(tokens: IssuedTokens): void; reject(reason: unknown): void }

/** Takes callbacks from the listener and from the terminal alike. */
function taker(
  vendor: OAuthVendor,
  authorization: Authorization,
  { http, now }: BrowserSignInOptions,
  { resolve, reject }: Settle,
): CallbackHandler {
  return async callback => {
    if (!callback) return { ok: false, message: NO_CALLBACK }
    const accepted = authorization.accept(callback)
    if (accepted.type === 'refused') {
      if (accepted.ends) reject(new OAuthError('rejected', accepted.message))
      return { ok: false, message: accepted.message }
    }
    try {
      resolve(await exchangeCode(vendor, accepted.grant, http, now()))
      return { ok: true, message: `signed in to ${vendor.title}; this window can be closed` }
    } catch (error) {
      reject(error)
      return { ok: false, message: error instanceof OAuthError ? error.message : 'cancelled' }
    }
  }
}

function tooLate({ title }: OAuthVendor): OAuthError {
  return new OAuthError(
    'rejected',
    `no answer came from ${title} within ${LIMIT_MS / 60_000} minutes; sign in again`,
  )
}
