import {
  type Part,
  type PartDelta,
  type StreamEvent,
  truncatedStream,
} from '../../conversation/index.ts'
import type { GatewayError } from '../../lib/errors.ts'
import type { Machine } from '../../lib/streams/machine.ts'
import type { Asked } from '../codec.ts'

/** The events of one type. */
export type EventOf<Type extends StreamEvent['type']> = Extract<StreamEvent, { type: Type }>

type PartEvent = Extract<StreamEvent, { index: number }>

/**
 * The common part of stream encoders for protocols that have one thing open at a time. Parts that
 * grow at the same time follow one another: the first one open is encoded as it comes, the others
 * wait for their turn. Nothing follows the end, and a cut stream fails.
 */
export abstract class SequentialEncoder<Out> implements Machine<StreamEvent, Out> {
  protected readonly asked: Asked
  /** The last event is encoded. */
  protected over = false
  /** What the event in hand has become so far. */
  protected out: Out[] = []
  /** The index of the open part. */
  private openIndex: number | undefined
  /** Events of the parts that wait, in starting order. */
  private readonly waiting = new Map<number, PartEvent[]>()

  constructor(asked: Asked) {
    this.asked = asked
  }

  feed(event: StreamEvent): Out[] {
    this.out = []
    if (this.over) return this.out
    switch (event.type) {
      case 'response-start':
        this.responseStart(event)
        break
      case 'response-end':
        this.endParts()
        this.responseEnd(event)
        break
      case 'error':
        this.failed(event.error)
        break
      case 'opaque':
        this.opaque(event)
        break
      default:
        if (event.type === 'part-start') this.openIndex ??= event.index
        if (event.index !== this.openIndex) this.hold(event)
        else {
          this.encode(event)
          if (event.type === 'part-end') this.nextTurn()
        }
    }
    return this.out
  }

  end(): Out[] {
    this.out = []
    if (!this.over) this.failed(truncatedStream())
    return this.out
  }

  protected abstract responseStart(start: EventOf<'response-start'>): void
  protected abstract partStart(part: Part): void
  protected abstract partDelta(delta: PartDelta): void
  protected abstract partEnd(): void
  protected abstract responseEnd(end: EventOf<'response-end'>): void
  protected abstract failed(error: GatewayError): void
  /** An event that only one protocol can read. */
  protected opaque(_event: EventOf<'opaque'>): void {}

  private hold(event: PartEvent): void {
    const held = this.waiting.get(event.index)
    if (held) held.push(event)
    else this.waiting.set(event.index, [event])
  }

  private encode(event: PartEvent): void {
    if (event.type === 'part-delta') this.partDelta(event.delta)
    else if (event.type === 'part-start') this.partStart(event.part)
    else this.partEnd()
  }

  /** The part that waits longest is open now, and those that have ended already are encoded whole. */
  private nextTurn(): void {
    this.openIndex = undefined
    for (const [index, events] of this.waiting) {
      this.waiting.delete(index)
      for (const event of events) this.encode(event)
      if (events[events.length - 1]?.type === 'part-end') continue
      this.openIndex = index
      return
    }
  }

  /** What was left open ends with the response. */
  private endParts(): void {
    while (this.openIndex !== undefined) {
      this.partEnd()
      this.nextTurn()
    }
  }
}
