import type { Part } from './part.ts'
import type { ConversationRequest } from './request.ts'

/** Whether a request says nothing at all: blank texts are all there is. */
export function saysNothing({ system, messages }: ConversationRequest): boolean {
  return system.every(isBlank) && messages.every(({ parts }) => parts.every(isBlank))
}

/** Text without words, and none of it sealed. */
export function isBlank(part: Part): boolean {
  if (part.type !== 'text' && part.type !== 'thinking' && part.type !== 'refusal') return false
  return part.text.trim() === '' && !part.seal?.value
}
