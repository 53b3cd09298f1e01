import {
  type Part,
  type PartDelta,
  type Stop,
  type StreamEvent,
  truncatedStream,
} from '../../../conversation/index.ts'
import type { GatewayError } from '../../../lib/errors.ts'
import { type JsonObject, parseObject } from '../../../lib/json/json.ts'
import { count, object, text } from '../../../lib/json/read-json.ts'
import type { Machine } from '../../../lib/streams/machine.ts'
import type { Frame } from '../../codec.ts'
import { hasError } from '../../shared/upstream-error.ts'
import { failure } from '../error.ts'
import { decodeBlock, decodeCitation, sealOf } from '../part.ts'
import { decodeStop } from '../stop.ts'
import { decodeUsage } from '../usage.ts'

/** A block on its way: its part, and what is gathered of a block only this protocol knows. */
type OpenBlock = { index: number; part: Part; arguments: string; opaque?: JsonObject }

/** Stream events → conversation events. */
export function decodeStream(issuer: string): Machine<Frame, StreamEvent> {
  return new EventReader(issuer)
}

class EventReader implements Machine<Frame, StreamEvent> {
  private readonly issuer: string
  private over = false
  private parts = 0
  private usage: JsonObject = {}
  private stop: Stop | undefined
  private readonly open = new Map<number, OpenBlock>()

  constructor(issuer: string) {
    this.issuer = issuer
  }

  feed({ event, data }: Frame): StreamEvent[] {
    if (this.over) return []
    const wire = parseObject(data)
    if (!wire) return []
    switch (wire.type) {
      case 'message_start':
        return this.messageStart(object(wire.message) ?? {})
      case 'content_block_start':
        return this.blockStart(
          count(wire.index) ?? this.open.size,
          object(wire.content_block) ?? {},
        )
      case 'content_block_delta':
        return this.blockDelta(count(wire.index) ?? 0, object(wire.delta) ?? {})
      case 'content_block_stop':
        return this.blockStop(count(wire.index) ?? 0)
      case 'message_delta':
        return this.messageDelta(wire)
      case 'message_stop':
        return this.messageStop()
      case 'error':
        return this.failed(failure(wire))
      case 'ping':
        return []
      default:
        // Services that are not quite this protocol's leave the type out.
        if (event === 'error' || hasError(wire.error)) return this.failed(failure(wire))
        return [{ type: 'opaque', protocol: 'anthropic', event: text(wire.type) ?? '', wire }]
    }
  }

  end(): StreamEvent[] {
    if (this.over) return []
    if (!this.stop) return this.failed(truncatedStream())
    return [...[...this.open.keys()].flatMap(at => this.blockStop(at)), ...this.messageStop()]
  }

  private messageStart(message: JsonObject): StreamEvent[] {
    this.usage = object(message.usage) ?? {}
    return [
      {
        type: 'response-start',
        id: text(message.id) ?? '',
        model: text(message.model) ?? '',
        usage: decodeUsage(this.usage),
      },
    ]
  }

  private messageDelta(wire: JsonObject): StreamEvent[] {
    const delta = object(wire.delta)
    const reason = text(delta?.stop_reason)
    if (reason !== undefined) this.stop = decodeStop(reason, text(delta?.stop_sequence) ?? null)
    // Final numbers replace the first ones; a null leaves the first.
    for (const [name, value] of Object.entries(object(wire.usage) ?? {}))
      if (value !== null) this.usage = { ...this.usage, [name]: value }
    return []
  }

  private messageStop(): StreamEvent[] {
    this.over = true
    const stop = this.stop ?? { reason: 'end', raw: null }
    return [{ type: 'response-end', stop, usage: decodeUsage(this.usage) }]
  }

  private failed(error: GatewayError): StreamEvent[] {
    this.over = true
    return [{ type: 'error', error, usage: decodeUsage(this.usage) }]
  }

  private blockStart(at: number, wire: JsonObject): StreamEvent[] {
    const part = decodeBlock(wire, this.issuer)
    const index = this.parts++
    if (part.type === 'opaque') {
      this.open.set(at, { index, part, arguments: '', opaque: wire })
      return []
    }
    this.open.set(at, { index, part, arguments: '' })
    // The placeholder `{}` is not the value; but some servers put all of it here and send no deltas.
    const begun = part.type === 'tool-call' ? { ...part, arguments: '' } : part
    return [{ type: 'part-start', index, part: begun }]
  }

  private blockDelta(at: number, delta: JsonObject): StreamEvent[] {
    const block = this.open.get(at)
    if (!block) return []
    if (typeof delta.partial_json === 'string') block.arguments += delta.partial_json
    if (block.opaque) return []
    const change = deltaOf(delta, this.issuer)
    return change ? [{ type: 'part-delta', index: block.index, delta: change }] : []
  }

  private blockStop(at: number): StreamEvent[] {
    const block = this.open.get(at)
    if (!block) return []
    this.open.delete(at)
    const { index, part } = block
    const end: StreamEvent = { type: 'part-end', index }
    if (block.opaque) return [{ type: 'part-start', index, part: opaquePart(block) }, end]
    if (part.type !== 'tool-call' || block.arguments !== '') return [end]
    return [{ type: 'part-delta', index, delta: { arguments: part.arguments || '{}' } }, end]
  }
}

/** The block whole: its input came in pieces. */
function opaquePart({ part, opaque = {}, arguments: json }: OpenBlock): Part {
  const input = json ? parseObject(json) : undefined
  const wire = input ? { ...opaque, input } : opaque
  return { ...part, type: 'opaque', protocol: 'anthropic', wire }
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
