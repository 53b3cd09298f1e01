import type { Part } from './part.ts'
import type { ConversationResponse, PartDelta, StreamEvent } from './response.ts'

/** A whole response as the stream that would have made it: the inverse of `collect`. */
export function* replay(response: ConversationResponse): Generator<StreamEvent> {
  const { id, model, usage, extensions } = response
  yield { type: 'response-start', id, model, usage, extensions }
  for (const [index, part] of response.parts.entries()) yield* replayPart(index, part)
  yield { type: 'response-end', stop: response.stop, usage }
}

function* replayPart(index: number, part: Part): Generator<StreamEvent> {
  const { start, deltas } = opened(part)
  yield { type: 'part-start', index, part: start }
  for (const delta of deltas) yield { type: 'part-delta', index, delta }
  yield { type: 'part-end', index }
}

/** The part as it looks when it starts, and what then grows on it. */
function opened(part: Part): { start: Part; deltas: PartDelta[] } {
  switch (part.type) {
    case 'text': {
      const { citations, ...rest } = part
      const deltas: PartDelta[] = part.text ? [{ text: part.text }] : []
      for (const citation of citations ?? []) deltas.push({ citation })
      return { start: { ...rest, text: '' }, deltas }
    }
    case 'thinking': {
      const { seal, ...rest } = part
      const deltas: PartDelta[] = part.text ? [{ text: part.text }] : []
      if (seal) deltas.push({ seal })
      return { start: { ...rest, text: '' }, deltas }
    }
    case 'refusal':
      return { start: { ...part, text: '' }, deltas: part.text ? [{ text: part.text }] : [] }
    case 'tool-call':
      return {
        start: { ...part, arguments: '' },
        deltas: part.arguments ? [{ arguments: part.arguments }] : [],
      }
    default:
      return { start: part, deltas: [] }
  }
}
