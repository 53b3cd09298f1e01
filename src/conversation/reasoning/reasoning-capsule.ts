import { isObject, type JsonObject, type JsonValue, parseObject } from '../../lib/json/json.ts'
import type { Part, PartOf, Seal } from '../part.ts'
import type { Message } from '../request.ts'

/**
 * The reasoning capsule: reasoning of one upstream, packed into the opaque field of a client that
 * speaks another protocol. It holds the parts whole, since not every client returns the text that
 * a seal was made for, and names their issuer. Base64 throughout, as such fields want it.
 */
export type Capsule = {
  /** Reasoning parts that stand where the capsule stands. */
  parts: Part[]
  /** The parts stood in front of the text before the capsule: some upstreams insist on that. */
  ahead?: true
  /** Seals of calls of the same message, by call id. */
  calls?: Record<string, Seal>
}

/** Nine bytes are exactly twelve characters of base64: every capsule begins with these. */
export const CAPSULE_PREFIX = Buffer.from('jackfield').toString('base64')

export function packCapsule(capsule: Capsule): string {
  return Buffer.from(`jackfield${JSON.stringify(capsule)}`).toString('base64')
}

/** Undefined: not a capsule of this gateway. A damaged one is empty: no upstream could read it. */
export function unpackCapsule(text: string): Capsule | undefined {
  if (!text.startsWith(CAPSULE_PREFIX)) return undefined
  const value = parseObject(Buffer.from(text, 'base64').toString('utf8').slice(9))
  return isCapsule(value) ? value : { parts: [] }
}

/** A client may write what it likes into a field of ours: only what we pack is unpacked. */
function isCapsule(value: unknown): value is JsonObject & Capsule {
  if (!isObject(value) || !Array.isArray(value.parts) || !value.parts.every(isCarried)) return false
  const { calls = {} } = value
  return isObject(calls) && Object.values(calls).every(isSeal)
}

function isCarried(part: JsonValue): boolean {
  if (!isObject(part)) return false
  const { type, text, seal, extensions = {} } = part
  if (!isObject(extensions) || !Object.values(extensions).every(isObject)) return false
  if (type === 'thinking-redacted') return isSeal(seal)
  const isText = (type === 'text' || type === 'thinking') && typeof text === 'string'
  return isText && (seal === undefined || isSeal(seal))
}

function isSeal(seal: JsonValue | undefined): boolean {
  return (
    isObject(seal) &&
    [seal.issuer, seal.protocol, seal.value].every(member => typeof member === 'string')
  )
}

/** Whether the text is a capsule, readable or not: none may go to an upstream. */
export function isCapsuleText(text: string | undefined): boolean {
  return text?.startsWith(CAPSULE_PREFIX) === true
}

/** Where a capsule stood in a message that is being read. */
export type CapsulePart = { type: 'carrier'; capsule: Capsule }

/**
 * Puts back what capsules carried: parts in place, seals on their calls. Thoughts in plain text in front
 * of a capsule that holds parts are the same ones once more and are dropped.
 */
export function unpacked(parts: readonly (Part | CapsulePart)[]): Part[] {
  const out: Part[] = []
  const seals = new Map<string, Seal>()
  let settled = 0
  for (const part of parts) {
    if (part.type !== 'carrier') {
      out.push(part)
      continue
    }
    const { capsule } = part
    if (capsule.parts.length > 0) {
      putBack(out, capsule, settled)
      settled = out.length
    }
    for (const [id, seal] of Object.entries(capsule.calls ?? {})) seals.set(id, seal)
  }
  if (seals.size === 0) return out
  return out.map(part => {
    const seal = part.type === 'tool-call' ? seals.get(part.id) : undefined
    return seal ? { ...part, seal } : part
  })
}

/** Nothing before `settled` moves: another capsule has put it in its place. */
function putBack(out: Part[], { parts, ahead }: Capsule, settled: number): void {
  const isSaid = (part: Part | undefined): boolean =>
    isLooseThought(part) || (ahead === true && part?.type === 'text')
  let from = out.length
  while (from > settled && isSaid(out[from - 1])) from--
  const texts = out.splice(from).filter(part => !isLooseThought(part))
  out.push(...parts, ...texts)
}

function isLooseThought(part: Part | undefined): boolean {
  return part?.type === 'thinking' && !part.seal?.value
}

export function isReasoning(part: Part): part is PartOf<'thinking'> | PartOf<'thinking-redacted'> {
  return part.type === 'thinking' || part.type === 'thinking-redacted'
}

/**
 * The conversation without anything sealed: what is asked when a target refuses seals. All
 * messages of the assistant are spelled anew.
 */
export function withoutSeals(messages: readonly Message[]): Message[] {
  return messages.map(message => {
    if (message.role !== 'assistant') return message
    const parts = message.parts
      .filter(part => !isReasoning(part))
      .map(part => {
        if (!part.seal) return part
        const { seal: _, ...rest } = part
        return rest as Part
      })
    return { ...message, parts }
  })
}
