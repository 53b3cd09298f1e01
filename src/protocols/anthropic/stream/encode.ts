import {
  appendDelta,
  type Part,
  type PartDelta,
  type StreamEvent,
  type Usage,
} from '../../../conversation/index.ts'
import type { GatewayError } from '../../../lib/errors.ts'
import type { JsonObject } from '../../../lib/json/json.ts'
import { object, text } from '../../../lib/json/read-json.ts'
import type { Machine } from '../../../lib/streams/machine.ts'
import type { Asked, Frame } from '../../codec.ts'
import { type EventOf, SequentialEncoder } from '../../shared/stream-encoder.ts'
import { streamErrorBody } from '../error.ts'
import { encodeReplyCitation } from '../part.ts'
import { calledStop, createSilent, encodeReplyPart, messageId, signatureOf } from '../response.ts'
import { encodeStop } from '../stop.ts'
import { encodeUsage } from '../usage.ts'

/** Conversation events → stream events: one block open at a time, with indices 0, 1, 2. */
export function encodeStream(asked: Asked): Machine<StreamEvent, Frame> {
  return new BlockWriter(asked)
}

/** A block as it starts, and what is sent of it at once. */
type Opened = { block: JsonObject; deltas: JsonObject[] }

/** Free text, for a protocol where the input is always an object: one string in it. */
const FREEFORM_START = '{"input":"'
const FREEFORM_END = '"}'

class BlockWriter extends SequentialEncoder<Frame> {
  private readonly silent: ReturnType<typeof createSilent>
  private begun = false
  private calling = false
  private blocks = 0
  private part: Part | undefined
  /** The open block; undefined: the part has no content yet. */
  private block: number | undefined
  private argued = false

  constructor(asked: Asked) {
    super(asked)
    this.silent = createSilent(asked)
  }

  protected opaque({ protocol, wire }: EventOf<'opaque'>): void {
    if (protocol === 'anthropic') this.send(wire)
  }

  private send(wire: JsonObject): void {
    this.out.push({ event: text(wire.type) ?? '', data: JSON.stringify(wire) })
  }

  private delta(delta: JsonObject): void {
    this.send({ type: 'content_block_delta', index: this.block ?? 0, delta })
  }

  protected responseStart({ id, usage }: { id: string; usage?: Usage }): void {
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

  /** The last of a part's blocks grows; text and thoughts open theirs with their first delta. */
  protected partStart(part: Part): void {
    this.responseStart({ id: '' })
    this.part = part
    this.block = undefined
    this.argued = part.type === 'tool-call' && (part.arguments !== '' || part.freeform === true)
    if (part.type === 'tool-call' && part.runsOn === 'client') this.calling = true
    const blocks = [...this.silent.before(part).map(openedCarrier), ...opened(part, this.asked)]
    for (const [index, start] of blocks.entries()) {
      this.open(start)
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

  protected partDelta(change: PartDelta): void {
    const { part } = this
    if (!part) return
    // Thoughts are gathered: a capsule holds them whole.
    if (part.type === 'thinking') this.part = appendDelta(part, change)
    const delta = deltaOf(part, change)
    if (!delta) return
    if ('arguments' in change) this.argued = true
    if (this.block === undefined) this.open({ block: emptyBlock(part), deltas: [] })
    this.delta(delta)
  }

  protected partEnd(): void {
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

  protected responseEnd({ stop, usage }: EventOf<'response-end'>): void {
    this.responseStart({ id: '', usage })
    this.silent.end()
    this.over = true
    const delta = encodeStop(calledStop(stop, this.calling))
    this.send({ type: 'message_delta', delta, usage: encodeUsage(usage) })
    this.send({ type: 'message_stop' })
  }

  protected failed(error: GatewayError): void {
    this.over = true
    this.send(streamErrorBody(error))
  }
}

function inString(words: string): string {
  return JSON.stringify(words).slice(1, -1)
}

/** How a part's blocks begin; the last one grows. None: it waits for its first delta. */
function opened(part: Part, asked: Asked): Opened[] {
  switch (part.type) {
    case 'text':
    case 'refusal':
      if (part.text === '') return []
      return [{ block: emptyBlock(part), deltas: [{ type: 'text_delta', text: part.text }] }]
    case 'thinking':
      return openedThinking(part)
    case 'tool-call':
      return part.runsOn === 'server' ? [] : [openedCall(part)]
    default:
      return encodeReplyPart(part, asked).map(openedWhole)
  }
}

function emptyBlock({ type }: Part): JsonObject {
  return type === 'thinking'
    ? { type: 'thinking', thinking: '', signature: '' }
    : { type: 'text', text: '' }
}

function openedThinking(part: Extract<Part, { type: 'thinking' }>): Opened[] {
  const own = part.seal?.protocol === 'anthropic'
  if (part.text === '' && !own) return []
  const deltas: JsonObject[] = part.text ? [{ type: 'thinking_delta', thinking: part.text }] : []
  if (own) deltas.push({ type: 'signature_delta', signature: part.seal?.value ?? '' })
  return [{ block: emptyBlock(part), deltas }]
}

function openedCall(part: Extract<Part, { type: 'tool-call' }>): Opened {
  const begun = part.freeform ? `${FREEFORM_START}${inString(part.arguments)}` : part.arguments
  return {
    block: {
      type: 'tool_use',
      id: part.id,
      name: part.name,
      input: {},
      ...part.extensions?.anthropic,
    },
    deltas: begun ? [{ type: 'input_json_delta', partial_json: begun }] : [],
  }
}

/** A block that comes whole starts empty all the same where clients gather it from deltas. */
function openedWhole(block: JsonObject): Opened {
  if (block.type === 'text')
    return {
      block: { type: 'text', text: '' },
      deltas: [{ type: 'text_delta', text: block.text ?? '' }],
    }
  const input = object(block.input)
  if (!input) return { block, deltas: [] }
  return {
    block: { ...block, input: {} },
    deltas: [{ type: 'input_json_delta', partial_json: JSON.stringify(input) }],
  }
}

/** An empty thought, whose signature carries what has no block of its own. */
function openedCarrier({ signature }: JsonObject): Opened {
  return {
    block: { type: 'thinking', thinking: '', signature: '' },
    deltas: [{ type: 'signature_delta', signature: signature ?? '' }],
  }
}

/** Undefined: none of it is sent. */
function deltaOf(part: Part, change: PartDelta): JsonObject | undefined {
  const { type } = part
  if ('text' in change) {
    if (change.text === '') return undefined
    return type === 'thinking'
      ? { type: 'thinking_delta', thinking: change.text }
      : { type: 'text_delta', text: change.text }
  }
  if ('arguments' in change) {
    if (type !== 'tool-call' || part.runsOn === 'server' || change.arguments === '')
      return undefined
    const piece = part.freeform ? inString(change.arguments) : change.arguments
    return { type: 'input_json_delta', partial_json: piece }
  }
  if ('seal' in change)
    return type === 'thinking' && change.seal.protocol === 'anthropic'
      ? { type: 'signature_delta', signature: change.seal.value }
      : undefined
  const [citation] = encodeReplyCitation(change.citation)
  return citation && type === 'text' ? { type: 'citations_delta', citation } : undefined
}
