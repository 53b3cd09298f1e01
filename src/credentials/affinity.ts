/** Who serves a conversation: its prompt cache is there. */
export type Bond = { provider: string; model: string; credential: string }

/** A conversation's own place, and where it has fled from a passing fault of that. */
export type Home = Bond & { refuge?: Bond | undefined }

/** Keeps conversations where they began, as long as they go on. */
export interface Affinity {
  bound(session: string): Home | undefined
  bind(session: string, bond: Bond, forMs: number): void
  /** Where it goes while its own place is down; nothing while it has none. Undefined: nowhere. */
  shelter(session: string, refuge: Bond | undefined): void
  release(session: string): void
}

/** Conversations remembered at once; the longest unused one is forgotten. */
const MOST = 20_000

export function createAffinity(now: () => number): Affinity {
  const bonds = new Map<string, Home & { untilMs: number }>()
  return {
    bound(session) {
      const bond = bonds.get(session)
      if (!bond) return undefined
      if (bond.untilMs > now()) return bond
      bonds.delete(session)
      return undefined
    },
    bind(session, bond, forMs) {
      bonds.delete(session)
      bonds.set(session, { ...bond, untilMs: now() + forMs })
      const oldest = bonds.keys().next()
      if (bonds.size > MOST && !oldest.done) bonds.delete(oldest.value)
    },
    shelter(session, refuge) {
      const home = bonds.get(session)
      if (home) home.refuge = refuge
    },
    release: session => void bonds.delete(session),
  }
}
