import type { Machine } from '../lib/streams/machine.ts'
import type { StreamEvent } from './response.ts'

type PartEvent = Extract<StreamEvent, { index: number }>

/**
 * Parts that grow at the same time, made to follow one another: the first one open passes through as
 * it comes, the others wait for their turn. For protocols that have one thing open at a time.
 */
export function oneByOne(): Machine<StreamEvent, StreamEvent> {
  /** Events of parts in starting order; the first part is the one that may speak. */
  const waiting = new Map<number, PartEvent[]>()
  let speaking: number | undefined

  function part(event: PartEvent): StreamEvent[] {
    if (speaking === undefined && event.type === 'part-start') speaking = event.index
    if (event.index !== speaking) {
      const held = waiting.get(event.index)
      if (held) held.push(event)
      else waiting.set(event.index, [event])
      return []
    }
    return event.type === 'part-end' ? [event, ...nextTurn()] : [event]
  }

  /** Lets the next one say what it held back, and those behind it if it is done already. */
  function nextTurn(): StreamEvent[] {
    const out: StreamEvent[] = []
    speaking = undefined
    for (const [index, held] of waiting) {
      waiting.delete(index)
      out.push(...held)
      if (held[held.length - 1]?.type === 'part-end') continue
      speaking = index
      break
    }
    return out
  }

  /** What was left open ends with the response. */
  function finished(): StreamEvent[] {
    const out: StreamEvent[] = []
    while (speaking !== undefined) {
      out.push({ type: 'part-end', index: speaking }, ...nextTurn())
    }
    return out
  }

  return {
    feed(event) {
      if ('index' in event) return part(event)
      return event.type === 'response-end' ? [...finished(), event] : [event]
    },
    end: () => [],
  }
}
