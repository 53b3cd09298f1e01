/** Who serves a conversation: its prompt cache is there. */
export type Bond = { provider: string; model: string; credential: string }

/** Keeps conversations where they began, as long as they go on. */
export interface Affinity {
  bound(session: string): Bond | undefined
  bind(session: string, bond: Bond, forMs: number): void
  release(session: string): void
}

/** Conversations remembered at once; the longest unused one is forgotten. */
const MOST = 20_000

export function createAffinity(now: () => number): Affinity {
  const bonds = new Map<string, Bond & { untilMs: number }>()
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
    release: session => void bonds.delete(session),
  }
}
