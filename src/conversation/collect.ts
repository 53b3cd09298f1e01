import { GatewayError } from '../lib/errors.ts'
import type { Part } from './part.ts'
import type { ConversationResponse, PartDelta, StreamEvent } from './response.ts'

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
          ...(event.extensions ? { extensions: event.extensions } : {}),
        }
        break
      case 'part-start':
        parts.set(event.index, structuredClone(event.part))
        break
      case 'part-delta':
        append(parts.get(event.index), event.delta)
        break
      case 'response-end':
        if (!response) throw early()
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
  if (!response || !ended) throw early()
  response.parts = [...parts.entries()].sort(([a], [b]) => a - b).map(([, part]) => part)
  return response
}

function early(): GatewayError {
  return new GatewayError(
    'upstream-failed',
    'the upstream ended its stream before the response was complete',
  )
}

function append(part: Part | undefined, delta: PartDelta): void {
  if (!part) return
  if ('text' in delta) {
    if (part.type === 'text' || part.type === 'thinking' || part.type === 'refusal')
      part.text += delta.text
  } else if ('arguments' in delta) {
    if (part.type === 'tool-call') part.arguments += delta.arguments
  } else if ('seal' in delta) {
    part.seal = part.seal
      ? { ...delta.seal, value: part.seal.value + delta.seal.value }
      : delta.seal
  } else if (part.type === 'text') {
    part.citations = [...(part.citations ?? []), delta.citation]
  }
}
