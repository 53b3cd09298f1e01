import type { HttpRequest } from '../providers/transport.ts'
import type { OAuthVendor } from './oauth/vendor.ts'

/** A key, an account, or nothing (`keyless` kinds), as routes.yaml declares it. */
export type CredentialSpec = {
  /** Stable across reloads: `provider/name`, the name given or `key-N` from 1. Never the secret. */
  id: string
  provider: string
  /** Empty for a keyless kind, and for an account. */
  secret: string
  /** A signed-in account; its tokens stay in its file. */
  account?: AccountReference
  headers: Readonly<Record<string, string>>
  /** Through which it goes out, where that is not the provider's. */
  proxy?: string
  weight: number
  /** Higher first; a lower tier serves only when the higher one cannot. */
  priority: number
}

/** An account file, and the vendor that refreshes it. Plain data: a routing table holds it. */
export type AccountReference = {
  folder: string
  /** The name of the file. */
  file: string
  vendor: OAuthVendor
  /** Through which it is refreshed. */
  proxy: string | undefined
  /** Of its projects, the one that this credential is; absent: it has none. */
  project?: string
}

/** Where a credential is served, if not where its provider is. */
export type Endpoint = {
  /** No trailing slash. */
  baseUrl: string
  /** Stands in place of the codec's own beginning of a path. */
  root?: string
}

/** What a provider may be called with: an API key, an account. */
export interface Credential {
  /** Stable across reloads: `provider/name`. Never the secret. */
  readonly id: string
  readonly provider: string
  readonly weight: number
  /** Higher first; a lower tier serves only when the higher one cannot. */
  readonly priority: number
  /** Sent besides, in place of all others; `$name` copies the client's header of that name. */
  readonly headers: Readonly<Record<string, string>>
  /** A `proxy-url` through which it goes out; undefined: the environment decides. */
  readonly proxy: string | undefined
  /** Of the account, not of its present token: cooldowns survive a refresh. */
  readonly fingerprint: string
  /** The project that pays, for kinds that name one in their requests. */
  readonly project?: string
  /** Where it is served, if not at its provider's `baseUrl`. */
  endpoint?(baseUrl: string): Endpoint
  /**
   * Adds what proves who pays. A promise only where a token must be fetched: an API key costs no
   * turn of the event loop. Throws `upstream-auth` where the account is refused.
   */
  authorize(request: HttpRequest, signal: AbortSignal): void | Promise<void>
  /**
   * After a 401 to `refused`: makes sure that the next `authorize` uses another token than that
   * request did. False: there is no other, so that asking again cannot help.
   */
  refresh?(refused: HttpRequest, signal: AbortSignal): Promise<boolean>
  /** What must not be written down or passed on, as of now. The same array while that is the same. */
  secrets(): readonly string[]
}

/** How the credentials of one provider share the load. */
export type Strategy = 'round-robin' | 'fill-first' | 'weighted'

export type PoolPolicy = {
  strategy: Strategy
  cooldown: { transientMs: number; maxMs: number }
}
