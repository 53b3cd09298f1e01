import type { StreamEvent } from '../../conversation/index.ts'
import type { Machine } from '../../lib/streams/machine.ts'
import type { Asked } from '../../protocols/codec.ts'
import type { Exchange } from '../context.ts'
import { keepReasoning } from '../history/reasoning.ts'
import type { Attempt } from '../upstream/attempt.ts'

/**
 * What stands between an upstream's events and the client's: tools get their own names back, and
 * reasoning that the client cannot carry is kept.
 */
export function streamTransforms(
  exchange: Exchange,
  attempt: Attempt,
  asked: Asked,
): Machine<StreamEvent, StreamEvent> {
  const machines: Machine<StreamEvent, StreamEvent>[] = []
  if (attempt.adapted) machines.push(attempt.adapted.restoreStream())
  if (!exchange.codec.carries(asked))
    machines.push(keepReasoning(exchange.gateway.services.state, exchange.caller.name))
  const [only] = machines
  return only && machines.length === 1 ? only : chained(machines)
}

/** A plain loop: it runs for every event of a stream. */
function chained(
  machines: readonly Machine<StreamEvent, StreamEvent>[],
): Machine<StreamEvent, StreamEvent> {
  return {
    feed(event) {
      let events = [event]
      for (const machine of machines) {
        const transformed: StreamEvent[] = []
        for (const each of events) transformed.push(...machine.feed(each))
        events = transformed
      }
      return events
    },
    end: () => [],
  }
}
