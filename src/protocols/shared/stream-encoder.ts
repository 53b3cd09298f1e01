import {
  type Part,
  type PartDelta,
  type StreamEvent,
  sequentialParts,
  truncatedStream,
} from '../../conversation/index.ts'
import type { GatewayError } from '../../lib/errors.ts'
import type { Machine } from '../../lib/streams/machine.ts'
import type { Asked } from '../codec.ts'

/** The events of one type. */
export type EventOf<Type extends StreamEvent['type']> = Extract<StreamEvent, { type: Type }>

/**
 * The common part of stream encoders whose parts come one after another: one part is open at a time,
 * nothing follows the end, and a cut stream fails.
 */
export abstract class SequentialEncoder<Out> implements Machine<StreamEvent, Out> {
  protected readonly asked: Asked
  /** The last event is encoded. */
  protected over = false
  private readonly order = sequentialParts()
  private out: Out[] = []

  constructor(asked: Asked) {
    this.asked = asked
  }

  feed(event: StreamEvent): Out[] {
    if (this.over) return []
    for (const next of this.order.feed(event)) this.handle(next)
    return this.taken()
  }

  end(): Out[] {
    if (!this.over) this.failed(truncatedStream())
    return this.taken()
  }

  protected push(output: Out): void {
    this.out.push(output)
  }

  protected abstract responseStart(start: EventOf<'response-start'>): void
  protected abstract partStart(part: Part): void
  protected abstract partDelta(delta: PartDelta): void
  protected abstract partEnd(): void
  protected abstract responseEnd(end: EventOf<'response-end'>): void
  protected abstract failed(error: GatewayError): void
  /** An event that only one protocol can read. */
  protected opaque(_event: EventOf<'opaque'>): void {}

  private taken(): Out[] {
    const { out } = this
    this.out = []
    return out
  }

  private handle(event: StreamEvent): void {
    switch (event.type) {
      case 'response-start':
        this.responseStart(event)
        break
      case 'part-start':
        this.partStart(event.part)
        break
      case 'part-delta':
        this.partDelta(event.delta)
        break
      case 'part-end':
        this.partEnd()
        break
      case 'response-end':
        this.responseEnd(event)
        break
      case 'error':
        this.failed(event.error)
        break
      case 'opaque':
        this.opaque(event)
    }
  }
}
