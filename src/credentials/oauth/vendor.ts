import type { JsonObject } from '../../lib/json/json.ts'
import { object, text } from '../../lib/json/read-json.ts'

/** How a vendor lets its users sign in. Data: the engine beside it does the rest. */
export type OAuthVendor = {
  /** As in `jackfield login claude`. */
  name: string
  /** For messages. */
  title: string
  /** The kind whose providers use its accounts. */
  kind: string
  /** The member `type` of its account files. */
  fileType: string
  clientId: string
  /** Only from settings: what a vendor does not publish is not shipped. */
  clientSecret?: string
  /** The environment variable that may hold it; absent: the vendor's clients have none. */
  clientSecretVariable?: string
  /** How the client proves itself to the token endpoint. `both`: Basic, and in the body as well. */
  clientAuthentication: 'none' | 'body' | 'basic' | 'both'
  scopes: readonly string[]
  tokenBody: 'json' | 'form'
  /** Absent: `discoveryUrl` leads to it. */
  tokenUrl?: string
  /** An OpenID discovery document, for the endpoints that are not given here. */
  discoveryUrl?: string
  /** The authorization code flow with a callback on loopback; absent: the vendor has none. */
  browser?: BrowserFlow
  /** The device flow; absent: the vendor has none. */
  device?: DeviceFlow
  /** What a refresh asks for besides. */
  refreshParameters?: Readonly<Record<string, string>>
  /** An access token with less than this left is refreshed. */
  refreshLeadMs: number
  identity: IdentitySource
  /** What an account needs before it serves, once signed in; absent: nothing. */
  onboarding?: 'code-assist'
  file: AccountFileShape
}

/** What an account file of the vendor holds besides its tokens, in the format of CLIProxyAPI. */
export type AccountFileShape = {
  /** Where the account's name stands. */
  labelMember: 'email' | 'label'
  /** The same in every file. */
  fixed: Readonly<Record<string, string>>
  /** Members that come from the token reply, and their paths in it. */
  fromReply: Readonly<Record<string, readonly string[]>>
  /** The same for claims of the id token. */
  fromIdToken?: Readonly<Record<string, readonly string[]>>
  /** Where one e-mail may have several accounts: the claims that tell their files apart. */
  nameClaims?: { account: readonly string[]; plan: readonly string[] }
  /** A UUID of this sign-in, for vendors that know their clients' devices (Kimi). */
  deviceId: boolean
  /** Google's form: tokens and client in a member `token` besides, and `expiry` in place of `expired`. */
  nestedToken?: true
}

export type BrowserFlow = {
  authorizeUrl?: string
  /** Registered with the vendor, as is the path. */
  redirectPort: number
  redirectPath: string
  /** The name of the parameter with the redirect URI (iFlow: `redirect`). */
  redirectParameter: string
  pkce: boolean
  /** Further parameters of the authorization URL. */
  parameters: Readonly<Record<string, string>>
  /** The token endpoint wants the state as well (Claude). */
  stateInExchange: boolean
}

export type DeviceFlow = {
  url?: string
  /** Bytes of the PKCE verifier; 0: no PKCE. */
  verifierBytes: number
  /** The least pause between two polls. */
  intervalMs: number
  /** After this the user has to begin again, whatever the vendor grants. */
  limitMs: number
}

/** Where the e-mail of an account is found; `none`: the user gives a label. */
export type IdentitySource =
  | { from: 'id-token' }
  /** A path of members in the token reply. */
  | { from: 'token-reply'; path: readonly string[] }
  | { from: 'url'; url: string; path: readonly string[] }
  | { from: 'none' }

/** `oauth:` of a provider in routes.yaml: what differs from the vendor's own. */
export type OAuthSettings = {
  authorizeUrl?: string
  tokenUrl?: string
  deviceUrl?: string
  clientId?: string
  clientSecret?: string
  scopes?: readonly string[]
  redirectPort?: number
}

/** The vendor as the settings change it. A secret goes into the body unless the vendor wants Basic. */
export function withSettings(vendor: OAuthVendor, settings: OAuthSettings): OAuthVendor {
  const { clientSecret = vendor.clientSecret } = settings
  const keepsOut = vendor.clientAuthentication === 'none' && clientSecret !== undefined
  return {
    ...vendor,
    clientId: settings.clientId ?? vendor.clientId,
    clientSecret,
    clientAuthentication: keepsOut ? 'body' : vendor.clientAuthentication,
    scopes: settings.scopes ?? vendor.scopes,
    tokenUrl: settings.tokenUrl ?? vendor.tokenUrl,
    browser: vendor.browser && {
      ...vendor.browser,
      authorizeUrl: settings.authorizeUrl ?? vendor.browser.authorizeUrl,
      redirectPort: settings.redirectPort ?? vendor.browser.redirectPort,
    },
    device: vendor.device && { ...vendor.device, url: settings.deviceUrl ?? vendor.device.url },
  }
}

/** The vendor with the client that an account's file names, since its refresh token is for that one. */
export function withFileClient(vendor: OAuthVendor, members: JsonObject): OAuthVendor {
  const token = vendor.file.nestedToken && object(members.token)
  const clientId = token && text(token.client_id)
  const clientSecret = token && text(token.client_secret)
  return clientId && clientSecret ? { ...vendor, clientId, clientSecret } : vendor
}
