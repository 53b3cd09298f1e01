import {
  type Part,
  type Stop,
  type StreamEvent,
  truncatedStream,
  type Usage,
} from '../../../conversation/index.ts'
import type { GatewayError } from '../../../lib/errors.ts'
import { isObject, type JsonObject, parseObject } from '../../../lib/json/json.ts'
import { count, object, objects, text, without } from '../../../lib/json/read-json.ts'
import type { Machine } from '../../../lib/streams/machine.ts'
import type { Frame } from '../../codec.ts'
import { callId } from '../../shared/call-id.ts'
import { choiceError, chunkError, endedInError } from '../error.ts'
import { decodeCitation } from '../message/citation.ts'
import { contentThinking, detailText, readFrom, sealOf } from '../message/reasoning.ts'
import { decodeReplyImages } from '../message/reply-media.ts'
import { unlessEmpty, withSpelling } from '../spelling.ts'
import { decodeStop } from '../stop.ts'
import { decodeUsage } from '../usage.ts'

type Prose = 'text' | 'thinking' | 'refusal'

/** Members that carry reasoning; some services send it in both. */
const REASONING = ['reasoning_content', 'reasoning']

/**
 * Chunks → events. The response ends with `[DONE]` or the stream, not with the finish reason: usage
 * comes after it.
 */
export function decodeStream(issuer: string): Machine<Frame, StreamEvent> {
  return new ChunkReader(issuer)
}

class ChunkReader implements Machine<Frame, StreamEvent> {
  private readonly issuer: string
  private readonly calls: CallStream
  private id: string | undefined
  private over = false
  private finish: string | undefined
  private usage: Usage = {}
  private parts = 0
  /** The prose that grows; calls are open beside it. */
  private open: { index: number; type: Prose } | undefined
  private out: StreamEvent[] = []

  constructor(issuer: string) {
    this.issuer = issuer
    this.calls = new CallStream(
      () => this.parts++,
      index => callId(this.id ?? '', index),
    )
  }

  feed(frame: Frame): StreamEvent[] {
    if (this.over) return []
    if (frame.data.trim() !== '[DONE]') {
      const chunk = parseObject(frame.data)
      if (chunk) this.chunk(chunk)
    } else if (this.id !== undefined) this.ended()
    return this.taken()
  }

  end(): StreamEvent[] {
    if (this.over) return []
    if (this.id !== undefined && this.finish !== undefined) this.ended()
    else this.failed(truncatedStream())
    return this.taken()
  }

  private taken(): StreamEvent[] {
    const out = this.out
    this.out = []
    return out
  }

  private chunk(chunk: JsonObject): void {
    const error = chunk.error || chunk.object === 'error' ? chunkError(chunk) : undefined
    if (error) {
      this.failed(error)
      return
    }
    const choices = objects(chunk.choices)
    // Azure opens with a chunk of filter results that names no model.
    if (this.id === undefined && (choices.length > 0 || text(chunk.model))) this.begin(chunk)
    for (const choice of choices) if ((count(choice.index) ?? 0) === 0) this.choice(choice)
    const usage = object(chunk.usage) ?? object(object(chunk.x_groq)?.usage)
    if (usage) this.usage = decodeUsage(usage)
  }

  private begin(chunk: JsonObject): void {
    this.id = text(chunk.id) ?? ''
    this.out.push({ type: 'response-start', id: this.id, model: text(chunk.model) ?? '' })
  }

  private failed(error: GatewayError): void {
    this.over = true
    this.out.push({ type: 'error', error, usage: this.usage })
  }

  private choice(choice: JsonObject): void {
    const delta = object(choice.delta) ?? object(choice.message) ?? {}
    if (delta.reasoning_content || delta.reasoning || delta.reasoning_details) this.reasoning(delta)
    if (typeof delta.content === 'string') this.grow('text', delta.content)
    else for (const part of objects(delta.content)) this.contentPart(part)
    if (delta.refusal) this.grow('refusal', text(delta.refusal) ?? '')
    for (const annotation of objects(delta.annotations)) this.annotation(annotation)
    if (delta.images) for (const image of decodeReplyImages(delta)) this.emitWhole(image)
    for (const call of objects(delta.tool_calls)) this.call(call)
    const old = object(delta.function_call)
    if (old) this.call({ index: 0, old: true, function: old })
    this.finish ??= text(choice.finish_reason) || undefined
    const error = choice.error ? choiceError(choice) : undefined
    if (error) this.failed(error)
  }

  private reasoning(delta: JsonObject): void {
    const details = objects(delta.reasoning_details)
    const words = text(delta.reasoning_content) || text(delta.reasoning)
    const as = REASONING.filter(name => words && delta[name] === words)
    this.grow('thinking', words || details.map(detailText).join(''), as)
    for (const detail of details) this.seal(text(detail.signature) ?? '')
  }

  /** Only a signature, of text that was sent: encrypted reasoning cannot be repeated in chunks. */
  private seal(value: string): void {
    if (value === '' || this.open?.type !== 'thinking') return
    const delta = { seal: sealOf(this.issuer, value) }
    this.out.push({ type: 'part-delta', index: this.open.index, delta })
  }

  private contentPart(part: JsonObject): void {
    if (part.type === 'thinking') this.grow('thinking', contentThinking(part))
    else this.grow('text', text(part.text) ?? '')
  }

  private annotation(annotation: JsonObject): void {
    if (this.open?.type !== 'text') return
    const citation = decodeCitation(annotation)
    this.out.push({ type: 'part-delta', index: this.open.index, delta: { citation } })
  }

  private emitWhole(part: Part): void {
    this.close()
    const index = this.parts++
    this.out.push({ type: 'part-start', index, part }, { type: 'part-end', index })
  }

  private call(wire: JsonObject): void {
    this.close()
    this.out.push(...this.calls.feed(wire))
  }

  private grow(type: Prose, words: string, as: readonly string[] = []): void {
    if (words === '') return
    this.out.push({ type: 'part-delta', index: this.opened(type, as), delta: { text: words } })
  }

  private opened(type: Prose, as: readonly string[]): number {
    if (this.open?.type === type) return this.open.index
    this.close()
    this.open = { index: this.parts++, type }
    const part: Part =
      type === 'thinking'
        ? { type, text: '', seal: sealOf(this.issuer, ''), ...readFrom(as) }
        : { type, text: '' }
    this.out.push({ type: 'part-start', index: this.open.index, part })
    return this.open.index
  }

  private close(): void {
    if (this.open) this.out.push({ type: 'part-end', index: this.open.index })
    this.open = undefined
  }

  private ended(): void {
    if (this.finish === 'error') {
      this.failed(endedInError())
      return
    }
    this.over = true
    this.close()
    this.out.push(...this.calls.end())
    const calling = this.calls.any
    // `[DONE]` without a reason is an ended turn.
    const stop: Stop =
      this.finish === undefined
        ? { reason: calling ? 'tool-calls' : 'end', raw: null }
        : decodeStop(this.finish, calling)
    this.out.push({ type: 'response-end', stop, usage: this.usage })
  }
}

type Call = { part: number; key: number | undefined; id: string }

/**
 * Tool calls as their pieces arrive, each a part of its own; several may be open at once. Pieces
 * belong together by index; without one by id, and else to the latest call, unless they name a
 * function, which begins a new one.
 */
class CallStream implements Machine<JsonObject, StreamEvent> {
  private readonly calls: Call[] = []
  private readonly nextPart: () => number
  private readonly idFor: (index: number) => string

  constructor(nextPart: () => number, idFor: (index: number) => string) {
    this.nextPart = nextPart
    this.idFor = idFor
  }

  get any(): boolean {
    return this.calls.length > 0
  }

  feed(wire: JsonObject): StreamEvent[] {
    const out: StreamEvent[] = []
    const known = this.find(wire)
    const call = known ?? this.begin(wire, out)
    const words = argumentsOf(declaredIn(wire))
    if (words) out.push({ type: 'part-delta', index: call.part, delta: { arguments: words } })
    return out
  }

  end(): StreamEvent[] {
    return this.calls.map(call => ({ type: 'part-end', index: call.part }))
  }

  private find(wire: JsonObject): Call | undefined {
    const key = count(wire.index)
    const id = text(wire.id)
    const named = Boolean(text(declaredIn(wire).name))
    if (key !== undefined) {
      const call = this.calls.findLast(open => open.key === key)
      // Some services send every call with index 0 and distinguish them by id only.
      return call && id && named && id !== call.id ? undefined : call
    }
    if (id) return this.calls.find(open => open.id === id)
    return named ? undefined : this.calls[this.calls.length - 1]
  }

  private begin(wire: JsonObject, out: StreamEvent[]): Call {
    const id = text(wire.id) || this.idFor(this.calls.length)
    const call = { part: this.nextPart(), key: count(wire.index), id }
    this.calls.push(call)
    out.push({ type: 'part-start', index: call.part, part: opening(wire, id) })
    return call
  }
}

function opening(wire: JsonObject, id: string): Part {
  const declared = declaredIn(wire)
  return {
    type: 'tool-call',
    id,
    name: text(declared.name) ?? '',
    arguments: '',
    runsOn: 'client',
    ...(wire.type === 'custom' ? { freeform: true } : {}),
    ...withSpelling(without(wire, 'id', 'type', 'index', 'function', 'custom', 'old'), {
      ...(wire.old === true ? { old: true } : {}),
      ...unlessEmpty('inner', without(declared, 'name', 'arguments', 'input')),
    }),
  }
}

function declaredIn(wire: JsonObject): JsonObject {
  return object(wire.function) ?? object(wire.custom) ?? {}
}

function argumentsOf({ arguments: words, input }: JsonObject): string {
  const given = words ?? input
  if (typeof given === 'string') return given
  return isObject(given) ? JSON.stringify(given) : ''
}
