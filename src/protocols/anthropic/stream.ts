import type { Part, PartDelta, Stop, StreamEvent, Usage } from '../../conversation/index.ts'
import type { GatewayError } from '../../lib/errors.ts'
import { type JsonObject, parseObject } from '../../lib/json.ts'
import type { Machine } from '../../lib/machine.ts'
import { count, object, text } from '../../lib/wire.ts'
import type { Asked, Frame } from '../codec.ts'
import { cutShort } from '../cut-short.ts'
import { errorBody, errorInside } from './error.ts'
import { decodeBlock, decodeCitation, encodeReplyCitation, sealOf } from './part.ts'
import { calledStop, createSilent, encodeReplyPart, messageId, signatureOf } from './response.ts'
import { decodeStop, encodeStop } from './stop.ts'
import { decodeUsage, encodeUsage } from './usage.ts'

/** A block on its way: its part's index, or what is gathered of a block only this protocol knows. */
type Open = { index: number; part: Part; args: string; held?: JsonObject }

/** Stream events → conversation events. */
export function decodeStream(issuer: string): Machine<Frame, StreamEvent> {
  let over = false
  let parts = 0
  let usage: JsonObject = {}
  let stop: Stop | undefined
  const open = new Map<number, Open>()

  function startBlock(at: number, wire: JsonObject): StreamEvent[] {
    const part = decodeBlock(wire, issuer)
    if (part.type === 'opaque') {
      open.set(at, { index: parts++, part, args: '', held: wire })
      return []
    }
    // The placeholder `{}` is not the value; but some servers put all of it here and send no deltas.
    const begun = part.type === 'tool-call' ? { ...part, arguments: '' } : part
    const block = { index: parts++, part, args: '' }
    open.set(at, block)
    return [{ type: 'part-start', index: block.index, part: begun }]
  }

  function growBlock(at: number, delta: JsonObject): StreamEvent[] {
    const block = open.get(at)
    if (!block) return []
    if (typeof delta.partial_json === 'string') block.args += delta.partial_json
    if (block.held) return []
    const change = deltaOf(delta, issuer)
    return change ? [{ type: 'part-delta', index: block.index, delta: change }] : []
  }

  function stopBlock(at: number): StreamEvent[] {
    const block = open.get(at)
    if (!block) return []
    open.delete(at)
    const { index, part, args, held } = block
    const end: StreamEvent = { type: 'part-end', index }
    if (held) {
      const input = args ? parseObject(args) : undefined
      return [
        {
          type: 'part-start',
          index,
          part: {
            ...part,
            type: 'opaque',
            protocol: 'anthropic',
            wire: input ? { ...held, input } : held,
          },
        },
        end,
      ]
    }
    if (part.type === 'tool-call' && args === '') {
      return [{ type: 'part-delta', index, delta: { arguments: part.arguments || '{}' } }, end]
    }
    return [end]
  }

  function finished(): StreamEvent[] {
    over = true
    return [
      {
        type: 'response-end',
        stop: stop ?? { reason: 'end', raw: null },
        usage: decodeUsage(usage),
      },
    ]
  }

  return {
    feed({ data }) {
      if (over) return []
      const wire = parseObject(data)
      if (!wire) return []
      switch (wire.type) {
        case 'message_start': {
          const message = object(wire.message) ?? {}
          usage = object(message.usage) ?? {}
          return [
            {
              type: 'response-start',
              id: text(message.id) ?? '',
              model: text(message.model) ?? '',
              usage: decodeUsage(usage),
            },
          ]
        }
        case 'content_block_start':
          return startBlock(count(wire.index) ?? open.size, object(wire.content_block) ?? {})
        case 'content_block_delta':
          return growBlock(count(wire.index) ?? 0, object(wire.delta) ?? {})
        case 'content_block_stop':
          return stopBlock(count(wire.index) ?? 0)
        case 'message_delta': {
          const delta = object(wire.delta)
          const reason = text(delta?.stop_reason)
          if (reason !== undefined) stop = decodeStop(reason, text(delta?.stop_sequence) ?? null)
          // Final numbers replace the first ones; a null says nothing.
          for (const [name, value] of Object.entries(object(wire.usage) ?? {}))
            if (value !== null) usage = { ...usage, [name]: value }
          return []
        }
        case 'message_stop':
          return finished()
        case 'error': {
          over = true
          return [{ type: 'error', error: errorInside(object(wire.error) ?? wire) }]
        }
        case 'ping':
          return []
        default:
          return [{ type: 'opaque', protocol: 'anthropic', event: text(wire.type) ?? '', wire }]
      }
    },
    end() {
      if (over) return []
      if (stop) return [...[...open.keys()].flatMap(stopBlock), ...finished()]
      over = true
      return [{ type: 'error', error: cutShort() }]
    },
  }
}

function deltaOf(delta: JsonObject, issuer: string): PartDelta | undefined {
  switch (delta.type) {
    case 'text_delta':
      return { text: text(delta.text) ?? '' }
    case 'thinking_delta':
      return { text: text(delta.thinking) ?? '' }
    case 'signature_delta':
      return { seal: sealOf(issuer, text(delta.signature) ?? '') }
    case 'input_json_delta':
      return { arguments: text(delta.partial_json) ?? '' }
    case 'citations_delta': {
      const citation = object(delta.citation)
      return citation ? { citation: decodeCitation(citation) } : undefined
    }
    default:
      return undefined
  }
}

/**
 * Conversation events → stream events. The protocol has one block open at a time, with indices
 * 0, 1, 2: parts that grow at the same time wait for their turn.
 */
export function encodeStream(asked: Asked): Machine<StreamEvent, Frame> {
  let over = false
  let begun = false
  let blocks = 0
  let calling = false
  /** The part whose block is open. */
  let current: number | undefined
  const silent = createSilent(asked)
  const states = new Map<number, PartState>()
  const waiting: number[] = []

  function begin(id: string, usage: Usage | undefined): Frame[] {
    if (begun) return []
    begun = true
    const message: JsonObject = {
      id: messageId(id || asked.id),
      type: 'message',
      role: 'assistant',
      model: asked.model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: encodeUsage(usage ?? {}),
    }
    return [frame({ type: 'message_start', message })]
  }

  function startPart(index: number, part: Part): Frame[] {
    const state: PartState = { part, queue: [], ended: false, block: undefined, argued: false }
    states.set(index, state)
    if (part.type === 'tool-call' && part.runsOn === 'client') calling = true
    if (current !== undefined) {
      waiting.push(index)
      return []
    }
    current = index
    return openBlock(state)
  }

  /** Text and thoughts open their blocks with their first words: an empty one is never sent. */
  function openBlock(state: PartState): Frame[] {
    const { part } = state
    const opened = [...silent.before(part).map(openedCarrier), ...openedBlocks(part, asked)]
    const last = opened.pop()
    if (!last) return []
    const frames = opened.flatMap(one => wholeBlock(one))
    state.block = blocks++
    frames.push(
      frame({ type: 'content_block_start', index: state.block, content_block: last.block }),
    )
    for (const delta of last.deltas) frames.push(blockDelta(state.block, delta))
    if (part.type === 'tool-call' && (part.arguments || part.freeform)) state.argued = true
    return frames
  }

  function wholeBlock({ block, deltas }: Opened): Frame[] {
    const index = blocks++
    return [
      frame({ type: 'content_block_start', index, content_block: block }),
      ...deltas.map(delta => blockDelta(index, delta)),
      frame({ type: 'content_block_stop', index }),
    ]
  }

  function write(state: PartState, change: PartDelta): Frame[] {
    if (state.part.type === 'thinking') grow(state, change)
    const delta = encodeDelta(state, change)
    if (!delta) return []
    const frames: Frame[] = []
    if (state.block === undefined) {
      state.block = blocks++
      const block =
        state.part.type === 'thinking'
          ? { type: 'thinking', thinking: '', signature: '' }
          : { type: 'text', text: '' }
      frames.push(frame({ type: 'content_block_start', index: state.block, content_block: block }))
    }
    frames.push(blockDelta(state.block, delta))
    return frames
  }

  function closeBlock(state: PartState): Frame[] {
    const { part } = state
    if (state.block === undefined) {
      silent.holds(part)
      return []
    }
    const frames: Frame[] = []
    // Another upstream's reasoning is whole only now, so its capsule can be packed only now.
    if (part.type === 'thinking' && part.seal?.protocol !== 'anthropic')
      frames.push(
        blockDelta(state.block, { type: 'signature_delta', signature: signatureOf(part) }),
      )
    if (part.type === 'tool-call' && part.freeform)
      frames.push(blockDelta(state.block, { type: 'input_json_delta', partial_json: '"}' }))
    if (part.type === 'tool-call' && !state.argued)
      frames.push(blockDelta(state.block, { type: 'input_json_delta', partial_json: '{}' }))
    frames.push(frame({ type: 'content_block_stop', index: state.block }))
    return frames
  }

  /** Ends the open block and lets those that waited say what they had to. */
  function advance(): Frame[] {
    const frames: Frame[] = []
    while (current !== undefined) {
      const state = states.get(current)
      if (!state?.ended) return frames
      frames.push(...closeBlock(state))
      states.delete(current)
      current = waiting.shift()
      const next = current === undefined ? undefined : states.get(current)
      if (!next) continue
      frames.push(...openBlock(next))
      for (const change of next.queue) frames.push(...write(next, change))
      next.queue = []
    }
    return frames
  }

  function finish(stop: Stop, usage: Usage): Frame[] {
    for (const state of states.values()) state.ended = true
    const frames = [...begin('', usage), ...advance()]
    over = true
    silent.end()
    frames.push(
      frame({
        type: 'message_delta',
        delta: encodeStop(calledStop(stop, calling)),
        usage: encodeUsage(usage),
      }),
    )
    frames.push(frame({ type: 'message_stop' }))
    return frames
  }

  function failed(error: GatewayError): Frame[] {
    over = true
    return [frame(errorBody(error))]
  }

  return {
    feed(event) {
      if (over) return []
      switch (event.type) {
        case 'response-start':
          return begin(event.id, event.usage)
        case 'part-start':
          return [...begin('', undefined), ...startPart(event.index, event.part)]
        case 'part-delta': {
          const state = states.get(event.index)
          if (!state) return []
          if (event.index === current) return write(state, event.delta)
          state.queue.push(event.delta)
          return []
        }
        case 'part-end': {
          const state = states.get(event.index)
          if (state) state.ended = true
          return advance()
        }
        case 'response-end':
          return finish(event.stop, event.usage)
        case 'error':
          return failed(event.error)
        case 'opaque':
          return event.protocol === 'anthropic' ? [frame(event.wire)] : []
      }
    },
    end() {
      if (over) return []
      return failed(cutShort())
    },
  }
}

type PartState = {
  part: Part
  /** What came while another block was open. */
  queue: PartDelta[]
  ended: boolean
  block: number | undefined
  argued: boolean
}

function frame(wire: JsonObject): Frame {
  return { event: text(wire.type) ?? '', data: JSON.stringify(wire) }
}

function blockDelta(index: number, delta: JsonObject): Frame {
  return frame({ type: 'content_block_delta', index, delta })
}

type Opened = { block: JsonObject; deltas: JsonObject[] }

/** Thoughts are gathered, in a part of our own: a capsule holds them whole. */
function grow(state: PartState, change: PartDelta): void {
  const { part } = state
  if (part.type !== 'thinking') return
  if ('text' in change) state.part = { ...part, text: part.text + change.text }
  else if ('seal' in change)
    state.part = {
      ...part,
      seal: { ...change.seal, value: (part.seal?.value ?? '') + change.seal.value },
    }
}

/** How a part's blocks begin, and what follows at once; the last one grows. None: it waits for its first words. */
function openedBlocks(part: Part, asked: Asked): Opened[] {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return part.text === ''
        ? []
        : [{ block: { type: 'text', text: '' }, deltas: [{ type: 'text_delta', text: part.text }] }]
    case 'thinking': {
      if (part.text === '' && part.seal?.protocol !== 'anthropic') return []
      const deltas: JsonObject[] = part.text
        ? [{ type: 'thinking_delta', thinking: part.text }]
        : []
      if (part.seal?.protocol === 'anthropic')
        deltas.push({ type: 'signature_delta', signature: part.seal.value })
      return [{ block: { type: 'thinking', thinking: '', signature: '' }, deltas }]
    }
    case 'tool-call': {
      if (part.runsOn === 'server') return []
      const begun = part.freeform ? `${FREEFORM_START}${inString(part.arguments)}` : part.arguments
      const deltas: JsonObject[] = begun ? [{ type: 'input_json_delta', partial_json: begun }] : []
      return [
        {
          block: {
            type: 'tool_use',
            id: part.id,
            name: part.name,
            input: {},
            ...part.extensions?.anthropic,
          },
          deltas,
        },
      ]
    }
    default:
      return encodeReplyPart(part, asked).map(block => {
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
      })
  }
}

/** Free text, for a protocol where the input is always an object: one string in it. */
const FREEFORM_START = '{"input":"'

function inString(words: string): string {
  return JSON.stringify(words).slice(1, -1)
}

function openedCarrier({ signature }: JsonObject): Opened {
  return {
    block: { type: 'thinking', thinking: '', signature: '' },
    deltas: [{ type: 'signature_delta', signature: signature ?? '' }],
  }
}

function encodeDelta(state: PartState, change: PartDelta): JsonObject | undefined {
  const { type } = state.part
  if ('text' in change) {
    if (change.text === '') return undefined
    return type === 'thinking'
      ? { type: 'thinking_delta', thinking: change.text }
      : { type: 'text_delta', text: change.text }
  }
  if ('arguments' in change) {
    if (
      state.part.type !== 'tool-call' ||
      state.part.runsOn === 'server' ||
      change.arguments === ''
    )
      return undefined
    state.argued = true
    const { freeform } = state.part
    const piece = freeform ? inString(change.arguments) : change.arguments
    return { type: 'input_json_delta', partial_json: piece }
  }
  if ('seal' in change)
    return type === 'thinking' && change.seal.protocol === 'anthropic'
      ? { type: 'signature_delta', signature: change.seal.value }
      : undefined
  const [citation] = encodeReplyCitation(change.citation)
  return citation && type === 'text' ? { type: 'citations_delta', citation } : undefined
}
