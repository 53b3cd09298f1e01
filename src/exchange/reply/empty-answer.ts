import type { StreamEvent } from '../../conversation/index.ts'
import {
  type ConversationResponse,
  collect,
  isEmptyPart,
  isPayload,
} from '../../conversation/index.ts'
import { GatewayError } from '../../lib/errors.ts'
import { targetName } from '../../routing/target-name.ts'
import type { Attempt } from '../upstream/attempt.ts'

/** The model used output tokens and ended well, and its answer has no content. */
export class EmptyAnswer extends GatewayError {}

/** Throws `EmptyAnswer`. A stop reason that explains the missing content makes it an answer. */
export function refuseEmpty({ target }: Attempt, response: ConversationResponse): void {
  const { parts, stop, usage } = response
  const output = usage.output ?? 0
  const ended = stop.reason === 'end' || stop.reason === 'tool-calls'
  if (!ended || output === 0 || !parts.every(isEmptyPart)) return
  throw new EmptyAnswer(
    'upstream-failed',
    `${targetName(target)}: it sent an empty reply (${output} output tokens and no content); please retry your request`,
  )
}

/** The same for the beginning of a stream, which may be all of it. */
export function refuseEmptyStream(attempt: Attempt, head: readonly StreamEvent[]): void {
  if (head.find(isPayload)?.type === 'response-end') refuseEmpty(attempt, collect(head))
}
