import type { ConversationRequest, Message, Part } from '../../conversation/index.ts'
import { type Fingerprint, fingerprintOf } from '../../protocols/seal-scan.ts'

/**
 * Whose seal is whose, and who refused what, in memory. Two upstreams of one protocol often accept
 * each other's seals (Claude's hold everywhere), so a foreign seal is sent until its target refuses
 * it; from then on only what that target refuses is left out, and its own seals stay.
 */
export interface SealIssuers {
  /** A reply of this credential carried the seal. */
  note(seal: Fingerprint, credential: string): void
  /**
   * The credential refused a request with these seals. Those of unknown issuers are suspected first,
   * then those of other credentials; false: only its own are left.
   */
  refused(seals: readonly Fingerprint[], by: Refuser): boolean
  /** Whether the credential is known to refuse a seal. */
  refuses(seal: Fingerprint, by: Refuser): boolean
  /** Whether anything was refused lately: while it was not, nothing need be looked for. */
  readonly any: boolean
}

/** What one caller's requests teach holds for that caller alone: a broken seal affects no other. */
export type Refuser = { credential: string; caller: string }

const MAX_SEALS = 50_000
const MAX_REFUSALS = 50_000
/** Keys move between organisations now and then. */
const BELIEVED_MS = 12 * 3_600_000

export function createSealIssuers(now: () => number): SealIssuers {
  const issuers = new Map<Fingerprint, string>()
  /** By credential and issuer, or by credential and seal where the issuer is unknown. */
  const refusals = new Map<string, number>()

  const refusalOf = (seal: Fingerprint, { credential, caller }: Refuser): string =>
    `${caller}\t${credential}\t${issuers.get(seal) ?? seal}`

  function refuses(seal: Fingerprint, by: Refuser): boolean {
    const untilMs = refusals.get(refusalOf(seal, by))
    return untilMs !== undefined && untilMs > now()
  }

  return {
    note(seal, credential) {
      if (issuers.get(seal) === credential) return
      dropOldest(issuers, MAX_SEALS)
      issuers.set(seal, credential)
    },
    refused(seals, by) {
      const foreign = seals.filter(
        seal => issuers.get(seal) !== by.credential && !refuses(seal, by),
      )
      const unknown = foreign.filter(seal => !issuers.has(seal))
      const suspected = unknown.length > 0 ? unknown : foreign
      for (const seal of suspected) {
        dropOldest(refusals, MAX_REFUSALS)
        refusals.set(refusalOf(seal, by), now() + BELIEVED_MS)
      }
      return suspected.length > 0
    },
    refuses,
    get any() {
      return refusals.size > 0
    },
  }
}

function dropOldest(map: Map<unknown, unknown>, max: number): void {
  if (map.size < max) return
  const [oldest] = map.keys()
  map.delete(oldest)
}

/** All seals that a conversation carries. */
export function sealsIn({ messages }: ConversationRequest): Fingerprint[] {
  return messages.flatMap(({ parts }) =>
    parts.flatMap(part => {
      const seal = part.seal?.value ? fingerprintOf(part.seal) : undefined
      return seal === undefined ? [] : [seal]
    }),
  )
}

/** The issuer of a seal that its target would refuse: codecs leave out what is not of the target. */
const ANOTHER = 'another upstream'

/** The messages with every seal that the credential refuses marked as another's. */
export function markForeignSeals(
  messages: Message[],
  issuers: SealIssuers,
  by: Refuser,
): Message[] {
  if (!issuers.any) return messages
  const mark = (part: Part): Part => {
    const seal = part.seal?.value ? fingerprintOf(part.seal) : undefined
    if (seal === undefined || !part.seal || !issuers.refuses(seal, by)) return part
    return { ...part, seal: { ...part.seal, issuer: ANOTHER } }
  }
  return messages.map(message => {
    const parts = message.parts.map(mark)
    return parts.some((part, index) => part !== message.parts[index])
      ? { ...message, parts }
      : message
  })
}
