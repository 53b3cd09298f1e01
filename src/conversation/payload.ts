import type { Part } from './part.ts'
import type { ConversationRequest } from './request.ts'
import type { PartDelta, StreamEvent } from './response.ts'

/**
 * Whether an event has something for the client in it: from the first such event on there is no
 * failover. The start of a part that is still empty has not; a call's name has.
 */
export function isPayload(event: StreamEvent): boolean {
  switch (event.type) {
    case 'response-start':
    case 'part-end':
    case 'opaque':
      return false
    case 'part-start':
      return !isEmptyPart(event.part)
    case 'part-delta':
      return !isEmptyDelta(event.delta)
    case 'response-end':
    case 'error':
      return true
  }
}

/** Whether a part is empty: neither text nor a seal or citation in its place. */
export function isEmptyPart(part: Part): boolean {
  if (part.type !== 'text' && part.type !== 'thinking' && part.type !== 'refusal') return false
  return part.text === '' && !part.seal?.value && !('citations' in part && part.citations?.length)
}

function isEmptyDelta(delta: PartDelta): boolean {
  if ('text' in delta) return delta.text === ''
  if ('arguments' in delta) return delta.arguments === ''
  return 'seal' in delta && delta.seal.value === ''
}

/** Whether a request holds blank texts only. */
export function isEmptyRequest({ system, messages }: ConversationRequest): boolean {
  return system.every(isBlank) && messages.every(({ parts }) => parts.every(isBlank))
}

/** Blank text without a seal. */
function isBlank(part: Part): boolean {
  if (part.type !== 'text' && part.type !== 'thinking' && part.type !== 'refusal') return false
  return part.text.trim() === '' && !part.seal?.value
}
