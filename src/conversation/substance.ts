import type { Part } from './part.ts'
import type { ConversationRequest } from './request.ts'

/** Whether a request is empty: it holds blank texts only. */
export function saysNothing({ system, messages }: ConversationRequest): boolean {
  return system.every(isBlank) && messages.every(({ parts }) => parts.every(isBlank))
}

/** Blank text without a seal. */
export function isBlank(part: Part): boolean {
  if (part.type !== 'text' && part.type !== 'thinking' && part.type !== 'refusal') return false
  return part.text.trim() === '' && !part.seal?.value
}
