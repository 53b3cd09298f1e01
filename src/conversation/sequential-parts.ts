import type { Machine } from '../lib/streams/machine.ts'
import type { StreamEvent } from './response.ts'

type PartEvent = Extract<StreamEvent, { index: number }>

/**
 * Parts that grow at the same time, made to follow one another: the first one open passes through as
 * it comes, the others wait for their turn. For protocols that have one thing open at a time.
 */
export function sequentialParts(): Machine<StreamEvent, StreamEvent> {
  /** Events of parts in starting order; the first part is the open one. */
  const queued = new Map<number, PartEvent[]>()
  let open: number | undefined

  function part(event: PartEvent): StreamEvent[] {
    if (open === undefined && event.type === 'part-start') open = event.index
    if (event.index !== open) {
      const held = queued.get(event.index)
      if (held) held.push(event)
      else queued.set(event.index, [event])
      return []
    }
    return event.type === 'part-end' ? [event, ...nextTurn()] : [event]
  }

  /** Releases the events of the next part, and of those behind it if it has ended already. */
  function nextTurn(): StreamEvent[] {
    const out: StreamEvent[] = []
    open = undefined
    for (const [index, held] of queued) {
      queued.delete(index)
      out.push(...held)
      if (held[held.length - 1]?.type === 'part-end') continue
      open = index
      break
    }
    return out
  }

  /** What was left open ends with the response. */
  function finished(): StreamEvent[] {
    const out: StreamEvent[] = []
    while (open !== undefined) {
      out.push({ type: 'part-end', index: open }, ...nextTurn())
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
