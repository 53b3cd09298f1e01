import {
  appendDelta,
  type Capsule,
  type ConversationRequest,
  isReasoning,
  type Message,
  type Part,
  type PartOf,
  packCapsule,
  type Seal,
  type StreamEvent,
  unpackCapsule,
  unpacked,
} from '../../conversation/index.ts'
import type { Machine } from '../../lib/streams/machine.ts'
import { codecFor } from '../../protocols/index.ts'
import type { StateStore } from '../../store/state.ts'

/**
 * Watches a reply for a client that carries nothing back: what was thought before each call is kept
 * under the call's id, before the client gets the end of the reply.
 */
export function keepReasoning(
  state: StateStore,
  caller: string,
): Machine<StreamEvent, StreamEvent> {
  const open = new Map<number, Part>()
  /** Sealed thoughts since the last call, and the capsules of calls. */
  let thoughts: Part[] = []
  /** Text stands between those thoughts and the call. */
  let afterText = false
  const capsules = new Map<string, string>()

  function ended(part: Part): void {
    if (isReasoning(part)) {
      if (part.seal) thoughts.push(part)
      return
    }
    if (part.type === 'text' && thoughts.length > 0) afterText = true
    if (part.type !== 'tool-call' || part.runsOn === 'server') return
    const capsule = capsuleOf(part, thoughts)
    if (capsule && afterText) capsule.ahead = true
    thoughts = []
    afterText = false
    if (capsule) capsules.set(part.id, packCapsule(capsule))
  }

  return {
    feed(event) {
      if (event.type === 'part-start') open.set(event.index, event.part)
      else if (event.type === 'part-delta') {
        const part = open.get(event.index)
        if (part && isReasoning(part)) open.set(event.index, appendDelta(part, event.delta))
      } else if (event.type === 'part-end') {
        const part = open.get(event.index)
        open.delete(event.index)
        if (part) ended(part)
      } else if (event.type === 'response-end') {
        for (const part of open.values()) ended(part)
        if (capsules.size > 0) state.put('reasoning', caller, capsules)
      }
      return [event]
    },
    end: () => [],
  }
}

/** Undefined: there is nothing to put back. */
function capsuleOf(call: PartOf<'tool-call'>, parts: readonly Part[]): Capsule | undefined {
  const worth = parts.filter(isNeeded)
  if (worth.length === 0 && !call.seal?.value) return undefined
  const calls: Record<string, Seal> = call.seal?.value ? { [call.id]: call.seal } : {}
  return { parts: worth, calls }
}

/** Sealed, or of a protocol without seals, whose upstreams may demand the text itself back. */
function isNeeded({ seal }: Part): boolean {
  if (!seal) return false
  return seal.value !== '' || codecFor(seal.protocol).unsealedReasoning === true
}

/** Puts back what was kept for calls whose client returned nothing of it; a promise where there are such calls. */
export function recallReasoning(
  request: ConversationRequest,
  state: StateStore,
  caller: string,
): ConversationRequest | Promise<ConversationRequest> {
  const ids = request.messages.flatMap(callsWithoutReasoning)
  if (ids.length === 0) return request
  return state.get('reasoning', caller, ids).then(found => {
    if (found.size === 0) return request
    return { ...request, messages: request.messages.map(message => recalled(message, found)) }
  })
}

function callsWithoutReasoning({ role, parts }: Message): string[] {
  if (role !== 'assistant' || parts.some(part => isReasoning(part) && part.seal?.value)) return []
  return parts.flatMap(part =>
    part.type === 'tool-call' && part.runsOn === 'client' && !part.seal?.value ? [part.id] : [],
  )
}

function recalled(message: Message, found: ReadonlyMap<string, string>): Message {
  if (!callsWithoutReasoning(message).some(id => found.has(id))) return message
  const parts = message.parts.flatMap(part => {
    const text = part.type === 'tool-call' ? found.get(part.id) : undefined
    const capsule = text === undefined ? undefined : unpackCapsule(text)
    return capsule ? [{ type: 'carrier' as const, capsule }, part] : [part]
  })
  return { ...message, parts: unpacked(parts) }
}
