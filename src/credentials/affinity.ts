/** A model at a provider, with the credential whose prompt cache holds a conversation. */
export type AffinityTarget = { provider: string; model: string; credential: string }

/** The primary of a conversation, and what serves it while a passing fault of the primary lasts. */
export type Affinity = AffinityTarget & { fallback?: AffinityTarget | undefined }

/** Keeps each conversation on the credential that served it last, as long as it goes on. */
export interface AffinityStore {
  get(session: string): Affinity | undefined
  setPrimary(session: string, target: AffinityTarget, forMs: number): void
  /** What serves it while its primary is down; ignored where it has none. Undefined: no fallback. */
  setFallback(session: string, fallback: AffinityTarget | undefined): void
  release(session: string): void
}

/** Conversations remembered at once; the longest unused one is forgotten. */
const MAX_SESSIONS = 20_000

export function createAffinityStore(now: () => number): AffinityStore {
  const affinities = new Map<string, Affinity & { untilMs: number }>()
  return {
    get(session) {
      const affinity = affinities.get(session)
      if (!affinity) return undefined
      if (affinity.untilMs > now()) return affinity
      affinities.delete(session)
      return undefined
    },
    setPrimary(session, target, forMs) {
      affinities.delete(session)
      affinities.set(session, { ...target, untilMs: now() + forMs })
      const oldest = affinities.keys().next()
      if (affinities.size > MAX_SESSIONS && !oldest.done) affinities.delete(oldest.value)
    },
    setFallback(session, fallback) {
      const affinity = affinities.get(session)
      if (affinity) affinity.fallback = fallback
    },
    release: session => void affinities.delete(session),
  }
}
