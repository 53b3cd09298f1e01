import {
  type Part,
  type PartDelta,
  type Stop,
  type StreamEvent,
  truncatedStream,
} from '../../../conversation/index.ts'
import { type JsonObject, parseObject } from '../../../lib/json/json.ts'
import { count, object, text } from '../../../lib/json/read-json.ts'
import type { Machine } from '../../../lib/streams/machine.ts'
import type { Frame } from '../../codec.ts'
import { hasError } from '../../shared/upstream-error.ts'
import { failure } from '../error.ts'
import { decodeBlock, decodeCitation, sealOf } from '../part.ts'
import { decodeStop } from '../stop.ts'
import { decodeUsage } from '../usage.ts'

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

  function failed(wire: JsonObject): StreamEvent[] {
    over = true
    return [{ type: 'error', error: failure(wire), usage: decodeUsage(usage) }]
  }

  return {
    feed({ event, data }) {
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
        case 'error':
          return failed(wire)
        case 'ping':
          return []
        default:
          // Services that are not quite this protocol's leave the type out.
          if (event === 'error' || hasError(wire.error)) return failed(wire)
          return [{ type: 'opaque', protocol: 'anthropic', event: text(wire.type) ?? '', wire }]
      }
    },
    end() {
      if (over) return []
      if (stop) return [...[...open.keys()].flatMap(stopBlock), ...finished()]
      over = true
      return [{ type: 'error', error: truncatedStream(), usage: decodeUsage(usage) }]
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
