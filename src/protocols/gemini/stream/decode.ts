import {
  type Part,
  type PartOf,
  type Stop,
  type StreamEvent,
  truncatedStream,
  type Usage,
} from '../../../conversation/index.ts'
import { type JsonObject, parseObject } from '../../../lib/json/json.ts'
import { count, object, objects, text } from '../../../lib/json/read-json.ts'
import type { Machine } from '../../../lib/streams/machine.ts'
import type { Frame } from '../../codec.ts'
import { callId } from '../../shared/call-id.ts'
import { withExtensions } from '../../shared/extensions.ts'
import { hasError } from '../../shared/upstream-error.ts'
import { citationsOf, searchOf } from '../citation.ts'
import { failure } from '../error.ts'
import { partsOf } from '../message.ts'
import { member, others } from '../names.ts'
import { decodeOther, decodePart, sealOf, signatureOf } from '../part.ts'
import { PartialCall } from '../partial-call.ts'
import { blockOf, decodeStop, failedStop, finishOf } from '../stop.ts'
import { decodeUsage } from '../usage.ts'

export function decodeStream(issuer: string): Machine<Frame, StreamEvent> {
  const reader = new ChunkReader(issuer)
  return {
    feed: ({ data }) => {
      const chunk = parseObject(data)
      return chunk ? reader.feed(chunk) : []
    },
    end: () => reader.end(),
  }
}

const CANDIDATE = ['content', 'finishReason', 'index']

/**
 * Chunks → events. Nothing marks the end: usage, grounding and empty chunks come after the finish
 * reason, so the response ends with the stream.
 */
export class ChunkReader implements Machine<JsonObject, StreamEvent> {
  private readonly issuer: string
  private begun = false
  private over = false
  private id = ''
  private finish: string | undefined
  private usage: Usage = {}
  private parts = 0
  private calls = 0
  /** Of the finish reason, or of the blocked prompt. */
  private words: string | undefined
  private feedback: JsonObject | undefined
  /** A call whose arguments come in pieces. */
  private growing: { index: number; call: PartialCall } | undefined
  private open: { index: number; type: 'text' | 'thinking' } | undefined
  private grounding: JsonObject | undefined
  private candidate: JsonObject = {}
  private out: StreamEvent[] = []

  constructor(issuer: string) {
    this.issuer = issuer
  }

  feed(chunk: JsonObject): StreamEvent[] {
    if (!this.over) this.chunk(chunk)
    return this.taken()
  }

  end(): StreamEvent[] {
    if (!this.over) this.ended()
    return this.taken()
  }

  private taken(): StreamEvent[] {
    const { out } = this
    this.out = []
    return out
  }

  private chunk(chunk: JsonObject): void {
    if (hasError(chunk.error)) {
      this.over = true
      this.out.push({ type: 'error', error: failure(chunk), usage: this.usage })
      return
    }
    if (!this.begun) {
      this.begun = true
      this.id = text(chunk.responseId) ?? ''
      const model = text(chunk.modelVersion) ?? ''
      this.out.push({ type: 'response-start', id: this.id, model })
    }
    const usage = object(chunk.usageMetadata)
    if (usage) this.usage = decodeUsage(usage)
    const candidates = objects(chunk.candidates)
    if (candidates.length === 0) this.prompt(object(member(chunk, 'promptFeedback')))
    for (const candidate of candidates)
      if (!this.over && (count(candidate.index) ?? 0) === 0) this.candidateOf(candidate)
  }

  /** A blocked prompt is a refusal, for whatever reason. */
  private prompt(feedback: JsonObject | undefined): void {
    const blocked = blockOf(member(feedback, 'blockReason'))
    if (!feedback || blocked === undefined) return
    this.finish = blocked
    this.feedback = feedback
    this.words = text(member(feedback, 'blockReasonMessage'))
  }

  private candidateOf(candidate: JsonObject): void {
    for (const part of partsOf(object(candidate.content) ?? {})) this.part(part)
    const grounding = object(candidate.groundingMetadata)
    if (grounding) this.grounding = { ...this.grounding, ...grounding }
    this.candidate = { ...this.candidate, ...others(candidate, CANDIDATE) }
    const finish = finishOf(member(candidate, 'finishReason'))
    if (finish === undefined) return
    this.finish = finish
    this.words = text(member(candidate, 'finishMessage'))
    const error = failedStop(finish, this.parts === 0, this.words)
    if (!error) return
    this.over = true
    this.out.push({ type: 'error', error, usage: this.usage })
  }

  private part(wire: JsonObject): void {
    const signature = signatureOf(wire)
    if (typeof wire.text === 'string') {
      this.prose(wire.thought === true ? 'thinking' : 'text', wire.text, signature)
      return
    }
    const call = object(member(wire, 'functionCall'))
    if (call) this.call(wire, call, signature)
    else this.whole(decodeOther(wire))
  }

  private call(wire: JsonObject, call: JsonObject, signature: string | undefined): void {
    const { growing } = this
    if (growing?.call.goesOnWith(call)) {
      const { index } = growing
      growing.call.add(call)
      if (signature !== undefined)
        this.out.push({
          type: 'part-delta',
          index,
          delta: { seal: sealOf(this.issuer, signature) },
        })
      if (growing.call.complete) this.endCall()
      return
    }
    this.endCall()
    // The end of a call that has ended already.
    if (!text(call.name)) return
    for (const part of decodePart(wire, this.issuer)) {
      if (part.type !== 'tool-call') continue
      const named = { ...part, id: part.id || callId(this.id || digestOf(wire), this.calls) }
      this.calls++
      if (PartialCall.begins(call)) this.startCall(named, new PartialCall(call))
      else this.whole(named)
    }
  }

  /** Its name is sent at once, its arguments when all of their pieces are there. */
  private startCall(part: PartOf<'tool-call'>, call: PartialCall): void {
    this.close()
    const index = this.parts++
    this.growing = { index, call }
    this.out.push({ type: 'part-start', index, part: { ...part, arguments: '' } })
    if (call.complete) this.endCall()
  }

  private endCall(): void {
    const { growing } = this
    if (!growing) return
    this.growing = undefined
    const { index, call } = growing
    const delta = { arguments: JSON.stringify(call.whole().args) }
    this.out.push({ type: 'part-delta', index, delta }, { type: 'part-end', index })
  }

  private prose(type: 'text' | 'thinking', words: string, signature: string | undefined): void {
    if (words !== '') {
      const index = this.opened(type)
      this.out.push({ type: 'part-delta', index, delta: { text: words } })
    }
    if (signature === undefined) return
    const seal = sealOf(this.issuer, signature)
    if (type === 'thinking' && this.open?.type === 'thinking')
      this.out.push({ type: 'part-delta', index: this.open.index, delta: { seal } })
    else {
      // What was thought before the text: kept apart, so that it can be carried.
      this.close()
      this.whole({ type: 'thinking', text: '', seal })
    }
  }

  private opened(type: 'text' | 'thinking'): number {
    if (this.open?.type === type) return this.open.index
    this.close()
    this.open = { index: this.parts++, type }
    const part: Part =
      type === 'text' ? { type, text: '' } : { type, text: '', seal: sealOf(this.issuer, '') }
    this.out.push({ type: 'part-start', index: this.open.index, part })
    return this.open.index
  }

  private close(): void {
    if (this.open) this.out.push({ type: 'part-end', index: this.open.index })
    this.open = undefined
  }

  private whole(part: Part): void {
    this.close()
    const index = this.parts++
    this.out.push({ type: 'part-start', index, part }, { type: 'part-end', index })
  }

  /** Grounding is sent once, behind the text it is about. */
  private ground(): void {
    const { grounding } = this
    if (!grounding) return
    if (this.open?.type === 'text')
      for (const citation of citationsOf(grounding))
        this.out.push({ type: 'part-delta', index: this.open.index, delta: { citation } })
    const means = searchOf(grounding)
    if (!means) return
    const wire = { groundingMetadata: grounding }
    this.whole({ type: 'opaque', protocol: 'gemini', wire, means })
  }

  private ended(): void {
    this.over = true
    if (!this.begun || this.finish === undefined) {
      this.out.push({ type: 'error', error: truncatedStream(), usage: this.usage })
      return
    }
    this.endCall()
    this.ground()
    this.close()
    const stop: Stop = this.feedback
      ? { reason: 'refusal', raw: this.finish }
      : decodeStop(this.finish, this.calls > 0)
    if (stop.reason === 'refusal') this.explain()
    this.out.push({
      type: 'response-end',
      stop,
      usage: this.usage,
      ...withExtensions('gemini', {
        ...(Object.keys(this.candidate).length > 0 ? { candidate: this.candidate } : {}),
        ...(this.feedback ? { promptFeedback: this.feedback } : {}),
      }),
    })
  }

  /** Why the reply is empty, in the service's words; its own clients find them in their own place. */
  private explain(): void {
    if (this.words && this.parts === 0)
      this.whole({
        type: 'refusal',
        text: this.words,
        ...withExtensions('gemini', { explains: true }),
      })
  }
}

/** For replies without an id, whose call ids would otherwise repeat in all conversations. */
function digestOf(wire: JsonObject): string {
  return Bun.hash(JSON.stringify(wire)).toString(36)
}
