import {
  cutShort,
  grow,
  oneByOne,
  type Part,
  type PartDelta,
  type Stop,
  type StreamEvent,
  type Usage,
} from '../../../conversation/index.ts'
import type { GatewayError } from '../../../lib/errors.ts'
import type { JsonObject } from '../../../lib/json.ts'
import type { Machine } from '../../../lib/machine.ts'
import { text } from '../../../lib/wire.ts'
import type { Asked, Frame } from '../../codec.ts'
import { errorBody } from '../error.ts'
import { calledStop, createSilent, messageId, signatureOf } from '../response.ts'
import { encodeStop } from '../stop.ts'
import { encodeUsage } from '../usage.ts'
import { deltaOf, emptyBlock, FREEFORM_END, type Opened, opened, openedCarrier } from './blocks.ts'

/** Conversation events → stream events: one block open at a time, with indices 0, 1, 2. */
export function encodeStream(asked: Asked): Machine<StreamEvent, Frame> {
  return new BlockWriter(asked)
}

class BlockWriter implements Machine<StreamEvent, Frame> {
  private readonly asked: Asked
  private readonly order = oneByOne()
  private readonly silent: ReturnType<typeof createSilent>
  private frames: Frame[] = []
  private begun = false
  private over = false
  private calling = false
  private blocks = 0
  private part: Part | undefined
  /** The open block; undefined: the part has said nothing yet. */
  private block: number | undefined
  private argued = false

  constructor(asked: Asked) {
    this.asked = asked
    this.silent = createSilent(asked)
  }

  feed(event: StreamEvent): Frame[] {
    if (this.over) return []
    for (const next of this.order.feed(event)) this.handle(next)
    return this.taken()
  }

  end(): Frame[] {
    if (!this.over) this.failed(cutShort())
    return this.taken()
  }

  private taken(): Frame[] {
    const { frames } = this
    this.frames = []
    return frames
  }

  private handle(event: StreamEvent): void {
    switch (event.type) {
      case 'response-start':
        this.begin(event.id, event.usage)
        break
      case 'part-start':
        this.begin('', undefined)
        this.started(event.part)
        break
      case 'part-delta':
        this.grown(event.delta)
        break
      case 'part-end':
        this.closed()
        break
      case 'response-end':
        this.ended(event.stop, event.usage)
        break
      case 'error':
        this.failed(event.error)
        break
      case 'opaque':
        if (event.protocol === 'anthropic') this.send(event.wire)
    }
  }

  private send(wire: JsonObject): void {
    this.frames.push({ event: text(wire.type) ?? '', data: JSON.stringify(wire) })
  }

  private delta(delta: JsonObject): void {
    this.send({ type: 'content_block_delta', index: this.block ?? 0, delta })
  }

  private begin(id: string, usage: Usage | undefined): void {
    if (this.begun) return
    this.begun = true
    const message: JsonObject = {
      id: messageId(id || this.asked.id),
      type: 'message',
      role: 'assistant',
      model: this.asked.model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: encodeUsage(usage ?? {}),
    }
    this.send({ type: 'message_start', message })
  }

  /** The last of a part's blocks grows; text and thoughts open theirs with their first words. */
  private started(part: Part): void {
    this.part = part
    this.block = undefined
    this.argued = part.type === 'tool-call' && (part.arguments !== '' || part.freeform === true)
    if (part.type === 'tool-call' && part.runsOn === 'client') this.calling = true
    const blocks = [...this.silent.before(part).map(openedCarrier), ...opened(part, this.asked)]
    for (const [index, one] of blocks.entries()) {
      this.open(one)
      if (index < blocks.length - 1) this.stop()
    }
  }

  private open({ block, deltas }: Opened): void {
    this.block = this.blocks++
    this.send({ type: 'content_block_start', index: this.block, content_block: block })
    for (const delta of deltas) this.delta(delta)
  }

  private stop(): void {
    this.send({ type: 'content_block_stop', index: this.block ?? 0 })
    this.block = undefined
  }

  private grown(change: PartDelta): void {
    const { part } = this
    if (!part) return
    // Thoughts are gathered: a capsule holds them whole.
    if (part.type === 'thinking') this.part = grow(part, change)
    const delta = deltaOf(part, change)
    if (!delta) return
    if ('arguments' in change) this.argued = true
    if (this.block === undefined) this.open({ block: emptyBlock(part), deltas: [] })
    this.delta(delta)
  }

  private closed(): void {
    const { part } = this
    this.part = undefined
    if (!part) return
    if (this.block === undefined) {
      this.silent.holds(part)
      return
    }
    // Another upstream's reasoning is whole only now, so its capsule can be packed only now.
    if (part.type === 'thinking' && part.seal?.protocol !== 'anthropic')
      this.delta({ type: 'signature_delta', signature: signatureOf(part) })
    if (part.type === 'tool-call' && part.freeform)
      this.delta({ type: 'input_json_delta', partial_json: FREEFORM_END })
    if (part.type === 'tool-call' && !this.argued)
      this.delta({ type: 'input_json_delta', partial_json: '{}' })
    this.stop()
  }

  private ended(stop: Stop, usage: Usage): void {
    this.begin('', usage)
    this.silent.end()
    this.over = true
    const delta = encodeStop(calledStop(stop, this.calling))
    this.send({ type: 'message_delta', delta, usage: encodeUsage(usage) })
    this.send({ type: 'message_stop' })
  }

  private failed(error: GatewayError): void {
    this.over = true
    this.send(errorBody(error))
  }
}
