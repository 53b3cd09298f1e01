import type { JsonObject } from '../../lib/json/json.ts'
import { count, text } from '../../lib/json/read-json.ts'
import type { After } from '../../lib/timer.ts'
import { ask, type OAuthHttp } from './ask.ts'
import { challengeOf, newVerifier, type RandomBytes } from './authorization.ts'
import { endpointOf } from './endpoints.ts'
import { OAuthError } from './error.ts'
import { type IssuedTokens, requestTokens } from './tokens.ts'
import type { DeviceFlow, OAuthVendor } from './vendor.ts'

/** What the user needs on another device. */
export type DevicePrompt = { url: string; userCode: string; expiresAtMs: number }

export type DeviceSignInOptions = {
  http: OAuthHttp
  now(): number
  random: RandomBytes
  after: After
  present(prompt: DevicePrompt): void
  /** The user gave up. */
  signal: AbortSignal
}

type DeviceCode = {
  prompt: DevicePrompt
  intervalMs: number
  grant: Record<string, string>
}

const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:device_code'
const SLOWER_MS = 5_000
const LONGEST_INTERVAL_MS = 60_000

/**
 * Signs in by the device flow. Throws an `OAuthError`, and the signal's reason once that is aborted.
 * @see https://www.rfc-editor.org/rfc/rfc8628
 */
export async function signInByDevice(
  vendor: OAuthVendor & { device: DeviceFlow },
  options: DeviceSignInOptions,
): Promise<IssuedTokens> {
  const code = await requestCode(vendor, options)
  options.present(code.prompt)
  let { intervalMs } = code
  while (options.now() + intervalMs < code.prompt.expiresAtMs) {
    await pause(intervalMs, options)
    try {
      return await requestTokens(vendor, code.grant, options.http, options.now())
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error
      intervalMs = nextInterval(vendor, error, intervalMs)
    }
  }
  throw expired(vendor)
}

async function requestCode(
  { title, clientId, scopes, device, ...vendor }: OAuthVendor & { device: DeviceFlow },
  { http, now, random }: DeviceSignInOptions,
): Promise<DeviceCode> {
  const url = await endpointOf(
    { title, clientId, scopes, device, ...vendor },
    'device',
    http,
    now(),
  )
  const members: Record<string, string> = { client_id: clientId }
  if (scopes.length > 0) members.scope = scopes.join(' ')
  const grant: Record<string, string> = { grant_type: GRANT_TYPE }
  if (device.verifierBytes > 0) {
    grant.code_verifier = newVerifier(device.verifierBytes, random)
    members.code_challenge = challengeOf(grant.code_verifier)
    members.code_challenge_method = 'S256'
  }
  const body = { type: 'form', members } as const
  const reply = await ask({ title, url, body, secrets: [] }, http, now())
  grant.device_code = text(reply.members.device_code) ?? ''
  const prompt = promptIn(reply.members, device, now())
  if (grant.device_code === '' || !prompt)
    throw new OAuthError('rejected', `${title} answered without a device code; try again later`)
  const intervalMs = Math.max(device.intervalMs, (count(reply.members.interval) ?? 0) * 1000)
  return { prompt, intervalMs: Math.min(intervalMs, LONGEST_INTERVAL_MS), grant }
}

/** Undefined: the user would have nowhere to go. Both are shown in a terminal. */
function promptIn(members: JsonObject, { limitMs }: DeviceFlow, nowMs: number) {
  const url = URL.parse(
    text(members.verification_uri_complete) ?? text(members.verification_uri) ?? '',
  )
  const userCode = text(members.user_code) ?? ''
  if (!url || !/^https?:$/.test(url.protocol) || !/^[\w-]{1,64}$/.test(userCode)) return undefined
  const grantedMs = (count(members.expires_in) ?? Number.POSITIVE_INFINITY) * 1000
  return { url: url.href, userCode, expiresAtMs: nowMs + Math.min(limitMs, grantedMs) }
}

/** The pause before the next poll. Throws where there will be no token. */
function nextInterval(vendor: OAuthVendor, error: OAuthError, intervalMs: number): number {
  const { title } = vendor
  switch (error.reason) {
    case 'authorization_pending':
      return intervalMs
    case 'slow_down':
      return Math.min(intervalMs + SLOWER_MS, LONGEST_INTERVAL_MS)
    case 'expired_token':
      throw expired(vendor)
    case 'access_denied':
      throw new OAuthError(
        'rejected',
        `consent was denied at ${title}; sign in again and allow it`,
        {
          reason: error.reason,
        },
      )
    default:
      // A vendor that is away for a moment does not lose what the user has typed.
      if (error.code !== 'network' && error.code !== 'transient') throw error
      return Math.min(Math.max(intervalMs, error.retryAfterMs ?? 0), LONGEST_INTERVAL_MS)
  }
}

function expired({ title }: OAuthVendor): OAuthError {
  return new OAuthError(
    'rejected',
    `the code was not confirmed at ${title} in time and has expired; sign in again for a new one`,
    { reason: 'expired_token' },
  )
}

function pause(ms: number, { after, signal }: DeviceSignInOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const stop = after(ms, () => {
      signal.removeEventListener('abort', leave)
      resolve()
    })
    const leave = (): void => {
      stop()
      reject(signal.reason)
    }
    signal.addEventListener('abort', leave, { once: true })
  })
}
