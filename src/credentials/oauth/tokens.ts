import type { JsonObject, JsonValue } from '../../lib/json/json.ts'
import { text, without } from '../../lib/json/read-json.ts'
import { ask, type OAuthHttp, type Reply } from './ask.ts'
import { endpointOf } from './endpoints.ts'
import { OAuthError } from './error.ts'
import type { OAuthVendor } from './vendor.ts'

/** What a token endpoint issued. */
export type IssuedTokens = {
  accessToken: string
  /** Absent: the one before stays in force. */
  refreshToken?: string
  /** By this machine's clock. */
  expiresAtMs?: number
  idToken?: string
  /** How far this machine's clock is ahead of the vendor's; absent: the vendor did not say. */
  clockAheadMs?: number
  /** All other members of the reply. */
  rest: JsonObject
}

/** A code as the vendor's redirect brought it. */
export type CodeGrant = { code: string; state: string; redirectUri: string; verifier?: string }

/** A code for tokens. Throws an `OAuthError`. */
export async function exchangeCode(
  vendor: OAuthVendor,
  { code, state, redirectUri, verifier }: CodeGrant,
  http: OAuthHttp,
  nowMs: number,
): Promise<IssuedTokens> {
  const grant: Record<string, string> = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri,
  }
  if (vendor.browser?.stateInExchange) grant.state = state
  if (verifier !== undefined) grant.code_verifier = verifier
  try {
    return await requestTokens(vendor, grant, http, nowMs)
  } catch (error) {
    throw error instanceof OAuthError && error.code === 'invalid-grant'
      ? spent(vendor, error)
      : error
  }
}

function spent({ title }: OAuthVendor, { reason }: OAuthError): OAuthError {
  return new OAuthError(
    'invalid-grant',
    `${title} does not take this code: it was used already or is too old; sign in again for a new one`,
    { reason },
  )
}

/**
 * New tokens for a refresh token, which many vendors take once only: store what comes before it is
 * used. Throws an `OAuthError`; its code `invalid-grant` is final, all others may pass.
 */
export async function refreshTokens(
  vendor: OAuthVendor,
  refreshToken: string,
  http: OAuthHttp,
  nowMs: number,
): Promise<IssuedTokens> {
  const grant = {
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
    ...vendor.refreshParameters,
  }
  return requestTokens(vendor, grant, http, nowMs)
}

/** Any grant at the vendor's token endpoint. Throws an `OAuthError`. */
export async function requestTokens(
  vendor: OAuthVendor,
  grant: Readonly<Record<string, string>>,
  http: OAuthHttp,
  nowMs: number,
): Promise<IssuedTokens> {
  const url = await endpointOf(vendor, 'token', http, nowMs)
  const { headers, members } = clientProof(vendor)
  const { clientSecret, tokenBody, title } = vendor
  const secrets = [
    clientSecret,
    grant.code,
    grant.code_verifier,
    grant.refresh_token,
    grant.device_code,
  ]
  const question = {
    title,
    url,
    headers,
    body: { type: tokenBody, members: { ...grant, ...members } },
    secrets: secrets.filter(secret => secret !== undefined),
  }
  return issued(await ask(question, http, nowMs), title, nowMs)
}

/** How the client names and proves itself. @see https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1 */
function clientProof({ clientId, clientSecret, clientAuthentication }: OAuthVendor) {
  const members: Record<string, string> = {}
  const headers: Record<string, string> = {}
  if (clientAuthentication === 'basic' || clientAuthentication === 'both') {
    const pair = [clientId, clientSecret ?? ''].map(encodeURIComponent).join(':')
    headers.authorization = `Basic ${Buffer.from(pair).toString('base64')}`
  }
  if (clientAuthentication !== 'basic') members.client_id = clientId
  if (clientAuthentication === 'body' || clientAuthentication === 'both')
    members.client_secret = clientSecret ?? ''
  return { headers, members }
}

/** Printable ASCII: a token goes into a header. */
const TOKEN = /^[\x21-\x7e]+$/

function issued({ members, dateMs }: Reply, title: string, nowMs: number): IssuedTokens {
  const accessToken = tokenIn(members.access_token)
  if (accessToken === undefined)
    throw new OAuthError(
      'rejected',
      `${title} answered without an access token; try again, or sign in again`,
    )
  const seconds = Number(members.expires_in ?? Number.NaN)
  return {
    accessToken,
    refreshToken: tokenIn(members.refresh_token),
    expiresAtMs: seconds > 0 ? nowMs + seconds * 1000 : undefined,
    idToken: tokenIn(members.id_token),
    clockAheadMs: dateMs === undefined ? undefined : nowMs - dateMs,
    rest: without(members, 'access_token', 'refresh_token', 'expires_in', 'id_token'),
  }
}

function tokenIn(value: JsonValue | undefined): string | undefined {
  const token = text(value)
  return token !== undefined && TOKEN.test(token) ? token : undefined
}
