import type { ErrorCode, GatewayError } from './errors.ts'

/** Cooldowns of different classes stand side by side: none says anything about the others. */
export type CooldownClass = 'limit' | 'auth' | 'no-model' | 'transient'

/** What follows from an error: one row a code, read wherever something follows. */
type ErrorPolicy = {
  /**
   * After a failed attempt, before commit: `answer` hands the error to the client, `stop` ends
   * without one, `next` goes on to the next credential, `next-target` only to another target.
   */
  after: 'answer' | 'stop' | 'next' | 'next-target'
  /** A credential with a token that can be renewed is asked once more with a new one. */
  refreshOnce?: true
  /** Another round over the same credentials can help. */
  retry: boolean
  /** The credential is not asked again for this target in the same exchange. */
  excludes?: 'credential'
  /** `none`: nothing was learnt about the credential. */
  cooldown: CooldownClass | 'none'
  /** What cools down: the credential for this model, or for every model. */
  scope: 'model' | 'credential'
  /**
   * The session's credential: `keep` it, since the error is about the request; `leave-for-now`,
   * since the fault passes and its prompt cache is warm; `move` to another.
   */
  affinity: 'keep' | 'leave-for-now' | 'move'
  /**
   * Which of several failures tells the client most: one that passes with time over one that needs
   * a change by hand. Higher wins; the later one on a tie.
   */
  rank: number
  /** It stays until the client's key, a key of the gateway or its file is changed. */
  lasting?: 'client' | 'gateway'
}

/** The request's own fault, or the caller's: every target would say the same. */
const ANSWER = {
  after: 'answer',
  retry: false,
  cooldown: 'none',
  scope: 'model',
  affinity: 'move',
  rank: 7,
} as const satisfies ErrorPolicy

const LIMIT = {
  after: 'next',
  retry: true,
  cooldown: 'limit',
  scope: 'model',
  affinity: 'move',
  rank: 6,
} as const satisfies ErrorPolicy

/** Of the upstream as a whole, soon over. */
const TRANSIENT = {
  after: 'next',
  retry: true,
  cooldown: 'transient',
  scope: 'model',
  affinity: 'leave-for-now',
  rank: 4,
} as const satisfies ErrorPolicy

export const ERROR_POLICY: Readonly<Record<ErrorCode, ErrorPolicy>> = {
  'invalid-request': { ...ANSWER, affinity: 'keep' },
  'too-large': { ...ANSWER, affinity: 'keep' },
  'context-exceeded': { ...ANSWER, affinity: 'keep' },
  'method-not-allowed': ANSWER,
  'path-not-found': ANSWER,
  'model-not-found': ANSWER,
  unauthenticated: { ...ANSWER, lasting: 'client' },
  forbidden: { ...ANSWER, lasting: 'client' },
  cancelled: { ...ANSWER, after: 'stop', affinity: 'keep' },
  'upstream-auth': {
    after: 'next',
    refreshOnce: true,
    retry: false,
    excludes: 'credential',
    cooldown: 'auth',
    scope: 'credential',
    affinity: 'move',
    rank: 2,
    lasting: 'gateway',
  },
  'upstream-forbidden': {
    after: 'next',
    retry: true,
    cooldown: 'auth',
    scope: 'model',
    affinity: 'move',
    rank: 2,
    lasting: 'gateway',
  },
  'upstream-not-found': {
    after: 'next',
    retry: false,
    excludes: 'credential',
    cooldown: 'no-model',
    scope: 'model',
    affinity: 'move',
    rank: 1,
  },
  'quota-exhausted': { ...LIMIT, rank: 3 },
  'rate-limited': LIMIT,
  overloaded: { ...TRANSIENT, rank: 5 },
  'upstream-failed': TRANSIENT,
  timeout: TRANSIENT,
  'no-credential': {
    after: 'next',
    retry: false,
    cooldown: 'none',
    scope: 'model',
    affinity: 'move',
    rank: 0,
    lasting: 'gateway',
  },
  // Another target may be encoded for, or decoded, by code without the fault.
  internal: { ...ANSWER, after: 'next-target', affinity: 'keep' },
}

/** The error of two that tells the client more. */
export function moreInformative(a: GatewayError | undefined, b: GatewayError): GatewayError {
  return a && ERROR_POLICY[a.code].rank > ERROR_POLICY[b.code].rank ? a : b
}
