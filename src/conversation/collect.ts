import { GatewayError } from '../lib/errors.ts'
import { appendDelta } from './append-delta.ts'
import type { Part } from './part.ts'
import type { ConversationResponse, StreamEvent } from './response.ts'

/**
 * Puts a streamed response together. A part-start carries what the part begins with, so deltas
 * append to it. Throws the stream's own error, or `upstream-failed` when it ends too early.
 */
export function collect(events: Iterable<StreamEvent>): ConversationResponse {
  let response: ConversationResponse | undefined
  const parts = new Map<number, Part>()
  let ended = false
  for (const event of events) {
    switch (event.type) {
      case 'response-start':
        response = {
          id: event.id,
          model: event.model,
          parts: [],
          stop: { reason: 'other', raw: null },
          usage: event.usage ?? {},
          extensions: event.extensions,
        }
        break
      case 'part-start':
        parts.set(event.index, event.part)
        break
      case 'part-delta': {
        const part = parts.get(event.index)
        if (part) parts.set(event.index, appendDelta(part, event.delta))
        break
      }
      case 'response-end':
        if (!response) throw truncatedStream()
        response.stop = event.stop
        response.usage = { ...response.usage, ...event.usage }
        if (event.extensions) response.extensions = { ...response.extensions, ...event.extensions }
        ended = true
        break
      case 'error':
        throw event.error
      case 'part-end':
      case 'opaque':
        break
    }
  }
  if (!response || !ended) throw truncatedStream()
  response.parts = [...parts.entries()].sort(([a], [b]) => a - b).map(([, part]) => part)
  return response
}

/**
 * A stream that ended without its stop: never a quiet success. Agents recognise by these words that
 * it is worth asking again (pi 0.87, 2026-11).
 */
export function truncatedStream(): GatewayError {
  return new GatewayError(
    'upstream-failed',
    "the upstream's stream ended without its terminal event (connection lost); please retry your request",
  )
}
