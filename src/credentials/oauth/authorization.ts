import { createHash } from 'node:crypto'
import { type CallbackParameters, isOAuthState } from './callback.ts'
import type { CodeGrant } from './tokens.ts'
import type { BrowserFlow, OAuthVendor } from './vendor.ts'

export type RandomBytes = (length: number) => Uint8Array

/** One sign-in through a browser, from the link to the code. */
export interface Authorization {
  /** What the user opens. */
  readonly url: string
  readonly redirectUri: string
  /**
   * What a redirect brought. A grant comes once: after it every callback is refused. `ends`: this
   * sign-in cannot succeed any more; else it goes on waiting.
   */
  accept(callback: CallbackParameters): Accepted
}

export type Accepted =
  | { type: 'granted'; grant: CodeGrant }
  | { type: 'refused'; message: string; ends: boolean }

const STATE_BYTES = 16
const VERIFIER_BYTES = 96

/** `authorizeUrl`: the vendor's, or what its discovery names. */
export function createAuthorization(
  vendor: OAuthVendor & { browser: BrowserFlow },
  authorizeUrl: string,
  random: RandomBytes,
): Authorization {
  const { title, browser } = vendor
  const state = Buffer.from(random(STATE_BYTES)).toString('hex')
  const verifier = browser.pkce ? newVerifier(VERIFIER_BYTES, random) : undefined
  const redirectUri = `http://localhost:${browser.redirectPort}${browser.redirectPath}`
  let used = false
  return {
    redirectUri,
    url: linkTo(vendor, authorizeUrl, { state, verifier, redirectUri }),
    accept(callback) {
      if (!isOAuthState(callback.state, state))
        return refused(
          'its state is not the one of this sign-in, so it belongs to another or an older one; use the link printed last',
        )
      if (used) return refused('this callback was used already; nothing more is needed')
      if (callback.error !== undefined)
        return { type: 'refused', message: denied(title, callback), ends: true }
      if (callback.code === undefined)
        return refused('it has no code; copy the whole address that the browser ended at')
      used = true
      return { type: 'granted', grant: { code: callback.code, state, redirectUri, verifier } }
    },
  }
}

function refused(message: string): Accepted {
  return { type: 'refused', message, ends: false }
}

function denied(title: string, { error, description }: CallbackParameters): string {
  if (error === 'access_denied') return `consent was denied at ${title}; sign in again and allow it`
  const words = description === undefined ? '' : `: ${description}`
  return `${title} refused the sign-in (${error}${words}); sign in again`
}

function linkTo(
  { clientId, scopes, browser }: OAuthVendor & { browser: BrowserFlow },
  authorizeUrl: string,
  {
    state,
    verifier,
    redirectUri,
  }: { state: string; verifier: string | undefined; redirectUri: string },
): string {
  const url = new URL(authorizeUrl)
  for (const [name, value] of Object.entries(browser.parameters)) url.searchParams.set(name, value)
  url.searchParams.set('client_id', clientId)
  url.searchParams.set('response_type', 'code')
  url.searchParams.set(browser.redirectParameter, redirectUri)
  if (scopes.length > 0) url.searchParams.set('scope', scopes.join(' '))
  url.searchParams.set('state', state)
  if (verifier !== undefined) {
    url.searchParams.set('code_challenge', challengeOf(verifier))
    url.searchParams.set('code_challenge_method', 'S256')
  }
  return url.href
}

/** A PKCE verifier of so many random bytes. @see https://www.rfc-editor.org/rfc/rfc7636 */
export function newVerifier(bytes: number, random: RandomBytes): string {
  return Buffer.from(random(bytes)).toString('base64url')
}

/** Its challenge by S256. */
export function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url')
}
