/** A key or nothing (`keyless` kinds) with which a provider may be called. */
export type CredentialSpec = {
  /** Stable across reloads: `provider/name`, the name given or `key-N` from 1. Never the secret. */
  id: string
  provider: string
  /** Empty for a keyless kind. */
  secret: string
  headers: Readonly<Record<string, string>>
  /** Through which it goes out, where that is not the provider's. */
  proxy?: string
  weight: number
  /** Higher first; a lower tier serves only when the higher one cannot. */
  priority: number
}

/** How the credentials of one provider share the load. */
export type Strategy = 'round-robin' | 'fill-first' | 'weighted'

export type PoolPolicy = {
  strategy: Strategy
  cooldown: { transientMs: number; maxMs: number }
}
