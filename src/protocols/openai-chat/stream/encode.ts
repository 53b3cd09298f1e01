import {
  type Citation,
  type Part,
  type PartDelta,
  type PartOf,
  type StreamEvent,
  truncatedStream,
} from '../../../conversation/index.ts'
import type { GatewayError } from '../../../lib/errors.ts'
import type { JsonObject } from '../../../lib/json/json.ts'
import { object } from '../../../lib/json/read-json.ts'
import type { Machine } from '../../../lib/streams/machine.ts'
import type { Asked, Frame } from '../../codec.ts'
import { errorBody } from '../error.ts'
import { encodeCitation } from '../message/citation.ts'
import { membersReadFrom } from '../message/reasoning.ts'
import { encodeReplyMedia, lost } from '../message/reply-media.ts'
import { spellingOf } from '../spelling.ts'
import { encodeStop } from '../stop.ts'
import { encodeUsage } from '../usage.ts'

/** Events → chunks: the role once, the finish reason once, usage if asked for, `[DONE]`. */
export function encodeStream(asked: Asked): Machine<StreamEvent, Frame> {
  return new ChunkWriter(asked)
}

/** Whether the client asked for usage behind the last chunk. */
export function wantsUsage({ extensions }: Asked): boolean {
  return object(extensions?.['openai-chat']?.stream_options)?.include_usage === true
}

export function errorFrames(error: GatewayError): Frame[] {
  return [{ data: JSON.stringify(errorBody(error)) }, { data: '[DONE]' }]
}

/** Which member of the delta a prose part grows in. */
const MEMBER: Partial<Record<Part['type'], string>> = {
  text: 'content',
  thinking: 'reasoning_content',
  refusal: 'refusal',
}

/** `at`: the place among the calls, which is what clients index by. */
type OpenCall = { at: number; custom: boolean; old: boolean; argued: boolean }

class ChunkWriter implements Machine<StreamEvent, Frame> {
  private readonly asked: Asked
  private id: string
  private begun = false
  private over = false
  private readonly calls = new Map<number, OpenCall>()
  private readonly members = new Map<number, readonly string[]>()

  constructor(asked: Asked) {
    this.asked = asked
    this.id = `chatcmpl-${asked.id}`
  }

  feed(event: StreamEvent): Frame[] {
    if (this.over) return []
    switch (event.type) {
      case 'response-start':
        this.id = event.id || this.id
        return this.begun ? [] : [this.delta({ content: '' })]
      case 'part-start':
        return this.partStart(event.index, event.part)
      case 'part-delta':
        return this.partDelta(event.index, event.delta)
      case 'part-end':
        return this.partEnd(event.index)
      case 'response-end':
        return this.responseEnd(event)
      case 'error':
        return this.failed(event.error)
      case 'opaque':
        return []
    }
  }

  end(): Frame[] {
    return this.over ? [] : this.failed(truncatedStream())
  }

  private partStart(index: number, part: Part): Frame[] {
    if (part.type === 'tool-call') return part.runsOn === 'client' ? this.called(index, part) : []
    if (
      part.type === 'image' ||
      part.type === 'audio' ||
      part.type === 'document' ||
      part.type === 'video'
    )
      return [this.delta(encodeReplyMedia(part, this.asked))]
    if (part.type === 'opaque') lost(part, this.asked)
    const member = MEMBER[part.type]
    if (!member || !('text' in part)) return []
    const as = part.type === 'thinking' ? membersReadFrom(part) : undefined
    this.members.set(index, as && as.length > 0 ? as : [member])
    const cited = part.type === 'text' ? (part.citations ?? []) : []
    return [...this.prose(index, part.text), ...cited.flatMap(citation => this.cited(citation))]
  }

  /** Clients want id, type and name with a call's first chunk. */
  private called(index: number, part: PartOf<'tool-call'>): Frame[] {
    const { old } = spellingOf(part)
    const call = {
      at: this.calls.size,
      custom: part.freeform === true,
      old: old === true,
      argued: part.arguments !== '',
    }
    this.calls.set(index, call)
    const declared = { name: part.name, ...argued(call, part.arguments) }
    if (call.old) return [this.delta({ function_call: declared })]
    const wire = {
      index: call.at,
      id: part.id,
      ...typed(call, declared),
      ...part.extensions?.['openai-chat'],
    }
    return [this.delta({ tool_calls: [wire] })]
  }

  private partDelta(index: number, delta: PartDelta): Frame[] {
    if ('text' in delta) return this.prose(index, delta.text)
    if ('arguments' in delta) return this.argue(index, delta.arguments)
    if ('citation' in delta) return this.cited(delta.citation)
    return [] // a seal: this protocol has no word for it
  }

  private prose(index: number, words: string): Frame[] {
    const members = this.members.get(index)
    if (!members || words === '') return []
    return [this.delta(Object.fromEntries(members.map(member => [member, words])))]
  }

  private argue(index: number, words: string): Frame[] {
    const call = this.calls.get(index)
    if (!call || words === '') return []
    call.argued = true
    const declared = argued(call, words)
    if (call.old) return [this.delta({ function_call: declared })]
    const { type: _, ...wire } = typed(call, declared)
    return [this.delta({ tool_calls: [{ index: call.at, ...wire }] })]
  }

  private cited(citation: Citation): Frame[] {
    const annotations = encodeCitation(citation)
    return annotations.length > 0 ? [this.delta({ annotations })] : []
  }

  /** A call without arguments has an empty object of them. */
  private partEnd(index: number): Frame[] {
    const call = this.calls.get(index)
    return call && !call.argued && !call.custom ? this.argue(index, '{}') : []
  }

  private responseEnd({ stop, usage }: Extract<StreamEvent, { type: 'response-end' }>): Frame[] {
    this.over = true
    const frames = [this.delta({}, encodeStop(stop))]
    if (wantsUsage(this.asked)) frames.push(this.chunk([], { usage: encodeUsage(usage) }))
    return [...frames, { data: '[DONE]' }]
  }

  private failed(error: GatewayError): Frame[] {
    this.over = true
    return errorFrames(error)
  }

  private delta(change: JsonObject, finish: string | null = null): Frame {
    const delta = this.begun ? change : { role: 'assistant', ...change }
    this.begun = true
    return this.chunk([{ index: 0, delta, finish_reason: finish }])
  }

  private chunk(choices: JsonObject[], extra: JsonObject = {}): Frame {
    const body: JsonObject = {
      id: this.id,
      object: 'chat.completion.chunk',
      created: Math.floor(this.asked.atMs / 1000),
      model: this.asked.model,
      choices,
      ...extra,
    }
    return { data: JSON.stringify(body) }
  }
}

function argued({ custom }: OpenCall, words: string): JsonObject {
  return custom ? { input: words } : { arguments: words }
}

function typed({ custom }: OpenCall, declared: JsonObject): JsonObject {
  return custom ? { type: 'custom', custom: declared } : { type: 'function', function: declared }
}
