import type { ConversationRequest } from '../../conversation/index.ts'
import { GatewayError } from '../../lib/errors.ts'
import type { Loss } from '../codec.ts'
import { systemTexts } from './system-text.ts'

/** The user's text in front of an assistant that begins, where a protocol demands one. */
export const BEFORE_ASSISTANT = 'Continue.'

/**
 * The instructions as the user's text, for protocols that demand a message where a request has
 * no other. Throws `invalid-request` without any: no text is made up for a request
 * that has none.
 */
export function instructionsAsUser({ system }: ConversationRequest, losses: Loss[]): string {
  const words = systemTexts(system).join('\n\n')
  if (words === '') throw nothingToSend()
  losses.push({ path: 'system', reason: 'sent as words of the user: there is no other message' })
  return words
}

/** A request of which nothing is left for this upstream: an empty one would only be refused there. */
export function nothingToSend(): GatewayError {
  return new GatewayError(
    'invalid-request',
    'the request has nothing that could be sent: its messages are empty, or hold only what the upstream has no form for; send a message with text',
  )
}
