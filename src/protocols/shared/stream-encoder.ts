import {
  cutShort,
  oneByOne,
  type Part,
  type PartDelta,
  type StreamEvent,
} from '../../conversation/index.ts'
import type { GatewayError } from '../../lib/errors.ts'
import type { Machine } from '../../lib/streams/machine.ts'
import type { Asked } from '../codec.ts'

/** The events of one type. */
export type EventOf<Type extends StreamEvent['type']> = Extract<StreamEvent, { type: Type }>

/**
 * What the writers of streams share whose parts come one after another: one part is open at a time,
 * nothing follows the end, and a cut stream fails.
 */
export abstract class EventWriter<Out> implements Machine<StreamEvent, Out> {
  protected readonly asked: Asked
  /** The last word is said. */
  protected over = false
  private readonly order = oneByOne()
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
    if (!this.over) this.failed(cutShort())
    return this.taken()
  }

  protected push(one: Out): void {
    this.out.push(one)
  }

  protected abstract begin(start: EventOf<'response-start'>): void
  protected abstract started(part: Part): void
  protected abstract grown(delta: PartDelta): void
  protected abstract closed(): void
  protected abstract ended(end: EventOf<'response-end'>): void
  protected abstract failed(error: GatewayError): void
  /** What only one protocol knows. */
  protected passed(_event: EventOf<'opaque'>): void {}

  private taken(): Out[] {
    const { out } = this
    this.out = []
    return out
  }

  private handle(event: StreamEvent): void {
    switch (event.type) {
      case 'response-start':
        this.begin(event)
        break
      case 'part-start':
        this.started(event.part)
        break
      case 'part-delta':
        this.grown(event.delta)
        break
      case 'part-end':
        this.closed()
        break
      case 'response-end':
        this.ended(event)
        break
      case 'error':
        this.failed(event.error)
        break
      case 'opaque':
        this.passed(event)
    }
  }
}
