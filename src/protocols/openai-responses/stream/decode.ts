import { cutShort, type Part, type StreamEvent } from '../../../conversation/index.ts'
import { type JsonObject, parseObject } from '../../../lib/json.ts'
import type { Machine } from '../../../lib/machine.ts'
import { count, object, objects, text } from '../../../lib/wire.ts'
import type { Frame } from '../../codec.ts'
import { isTold } from '../../told-error.ts'
import { decodeCitation, decodePart } from '../content.ts'
import { failure } from '../error.ts'
import { extended } from '../extended.ts'
import { decodeCall, decodeReasoning, opaque, reasoningText, SUMMARY_GAP } from '../item.ts'
import { callMembers, messageMembers, restOf } from '../response.ts'
import { decodeStop } from '../stop.ts'
import { decodeUsage } from '../usage.ts'

export function decodeStream(issuer: string): Machine<Frame, StreamEvent> {
  return new EventReader(issuer)
}

/** A part of an item on its way; `said` is what its deltas told so far. */
type OpenPart = { index: number; type: Part['type']; said: string; cited: number }
type OpenItem = {
  wire: JsonObject
  parts: Map<number, OpenPart>
  done: boolean
  /** Which summary the last words belonged to. */
  summary?: number
}

/**
 * Events of a response → events. An item's `done` is the last word on it: what its deltas did not
 * tell is taken from there, since not every service sends them all.
 */
class EventReader implements Machine<Frame, StreamEvent> {
  private readonly issuer: string
  private readonly items = new Map<number, OpenItem>()
  private readonly types: Part['type'][] = []
  private out: StreamEvent[] = []
  private begun = false
  private over = false

  constructor(issuer: string) {
    this.issuer = issuer
  }

  feed({ data }: Frame): StreamEvent[] {
    if (this.over) return []
    const wire = parseObject(data)
    if (wire) this.event(wire)
    return this.taken()
  }

  end(): StreamEvent[] {
    if (this.over) return []
    this.over = true
    this.out.push({ type: 'error', error: cutShort() })
    return this.taken()
  }

  private taken(): StreamEvent[] {
    const { out } = this
    this.out = []
    return out
  }

  private event(wire: JsonObject): void {
    const at = count(wire.output_index) ?? Math.max(0, this.items.size - 1)
    const inner = count(wire.content_index) ?? 0
    switch (wire.type) {
      case 'response.created':
      case 'response.in_progress':
      case 'response.queued':
        this.begin(object(wire.response) ?? {})
        return
      case 'response.output_item.added':
        this.itemAdded(count(wire.output_index) ?? this.items.size, object(wire.item) ?? {})
        return
      case 'response.output_item.done':
        this.itemDone(at, object(wire.item) ?? {})
        return
      case 'response.content_part.added':
        this.contentAdded(at, inner, object(wire.part) ?? {})
        return
      case 'response.output_text.delta':
        this.grow(at, inner, 'text', text(wire.delta) ?? '')
        return
      case 'response.refusal.delta':
        this.grow(at, inner, 'refusal', text(wire.delta) ?? '')
        return
      case 'response.output_text.annotation.added':
        this.cite(at, inner, object(wire.annotation))
        return
      case 'response.reasoning_text.delta':
        this.grow(at, 0, 'thinking', text(wire.delta) ?? '')
        return
      case 'response.reasoning_summary_text.delta':
        this.summarise(at, count(wire.summary_index) ?? 0, text(wire.delta) ?? '')
        return
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
        this.argue(at, text(wire.delta) ?? '')
        return
      case 'response.completed':
      case 'response.incomplete':
      case 'response.done':
        this.ended(object(wire.response) ?? {})
        return
      case 'response.failed':
        this.failed(object(wire.response) ?? {})
        return
      case 'error':
        this.failed(wire)
        return
      // Services that are not quite this protocol's tell an error as Chat does.
      case undefined:
        if (isTold(wire.error)) this.failed(wire)
        return
    }
  }

  private begin(response: JsonObject): void {
    if (this.begun) return
    this.begun = true
    const id = text(response.id) ?? ''
    this.out.push({ type: 'response-start', id, model: text(response.model) ?? '' })
  }

  private itemAdded(at: number, wire: JsonObject): OpenItem {
    this.begin({})
    const known = this.items.get(at)
    if (known) return known
    const item: OpenItem = { wire, parts: new Map(), done: false }
    this.items.set(at, item)
    if (wire.type === 'reasoning') {
      const seal = { issuer: this.issuer, protocol: 'openai-responses' as const, value: '' }
      const id = text(wire.id)
      const members = extended(id === undefined ? {} : { item: { id } })
      this.start(item, 0, { type: 'thinking', text: '', seal, ...members })
    } else if (wire.type === 'function_call' || wire.type === 'custom_tool_call') {
      const call = decodeCall(wire)
      if (call.type !== 'tool-call') return item
      const part = { ...call, arguments: '', ...extended(callMembers(wire)) }
      this.start(item, 0, part)
      this.more(item.parts.get(0), call.arguments)
    }
    return item
  }

  private start(item: OpenItem, inner: number, part: Part): OpenPart {
    const open = { index: this.types.length, type: part.type, said: '', cited: 0 }
    this.types.push(part.type)
    item.parts.set(inner, open)
    this.out.push({ type: 'part-start', index: open.index, part })
    return open
  }

  private contentAdded(at: number, inner: number, wire: JsonObject): void {
    const item = this.itemAdded(at, { type: 'message' })
    if (item.wire.type !== 'message' || item.parts.has(inner)) return
    if (wire.type === 'output_text') this.prose(item, inner, 'text')
    else if (wire.type === 'refusal') this.prose(item, inner, 'refusal')
  }

  private prose(item: OpenItem, inner: number, type: 'text' | 'refusal'): OpenPart {
    const members = extended(inner === 0 ? { item: messageMembers(item.wire) } : {})
    return this.start(item, inner, { type, text: '', ...members })
  }

  private grow(at: number, inner: number, type: 'text' | 'refusal' | 'thinking', words: string) {
    const item = this.itemAdded(at, { type: type === 'thinking' ? 'reasoning' : 'message' })
    const open =
      item.parts.get(inner) ?? (type === 'thinking' ? undefined : this.prose(item, inner, type))
    this.more(open, words)
  }

  private more(open: OpenPart | undefined, words: string): void {
    if (!open || words === '') return
    open.said += words
    const delta = open.type === 'tool-call' ? { arguments: words } : { text: words }
    this.out.push({ type: 'part-delta', index: open.index, delta })
  }

  /** Several summaries are one thought, a blank line between them. */
  private summarise(at: number, summary: number, words: string): void {
    const item = this.itemAdded(at, { type: 'reasoning' })
    const open = item.parts.get(0)
    // Apart from the words, so that who writes summaries again knows where the next begins.
    if (item.summary !== summary && open?.said) this.more(open, SUMMARY_GAP)
    item.summary = summary
    this.more(open, words)
  }

  private argue(at: number, words: string): void {
    this.more(this.items.get(at)?.parts.get(0), words)
  }

  private cite(at: number, inner: number, annotation: JsonObject | undefined): void {
    const open = this.items.get(at)?.parts.get(inner)
    if (!open || !annotation) return
    open.cited++
    const delta = { citation: decodeCitation(annotation) }
    this.out.push({ type: 'part-delta', index: open.index, delta })
  }

  private itemDone(at: number, wire: JsonObject): void {
    const item = this.itemAdded(at, wire)
    if (item.done) return
    item.done = true
    switch (wire.type) {
      case 'message':
        this.messageDone(item, wire)
        break
      case 'reasoning':
        this.reasoningDone(item, wire)
        break
      case 'function_call':
      case 'custom_tool_call':
        this.rest(item.parts.get(0), text(wire.arguments) ?? text(wire.input) ?? '')
        break
      default:
        this.start(item, 0, opaque(wire))
    }
    for (const { index } of item.parts.values()) this.out.push({ type: 'part-end', index })
  }

  private messageDone(item: OpenItem, wire: JsonObject): void {
    for (const [inner, content] of objects(wire.content).entries()) {
      const part = decodePart(content)
      if (part.type !== 'text' && part.type !== 'refusal') {
        this.start(item, inner, part)
        continue
      }
      const open = item.parts.get(inner) ?? this.prose(item, inner, part.type)
      this.rest(open, part.text)
      const citations = part.type === 'text' ? (part.citations ?? []) : []
      for (const citation of citations.slice(open.cited))
        this.out.push({ type: 'part-delta', index: open.index, delta: { citation } })
    }
  }

  private reasoningDone(item: OpenItem, wire: JsonObject): void {
    const open = item.parts.get(0)
    if (!open) return
    if (open.said === '') this.more(open, reasoningText(wire))
    const part = decodeReasoning(wire, this.issuer)
    if (part.type === 'thinking' && part.seal)
      this.out.push({ type: 'part-delta', index: open.index, delta: { seal: part.seal } })
  }

  /** What the whole has beyond what was told in pieces. */
  private rest(open: OpenPart | undefined, whole: string): void {
    if (open && whole.startsWith(open.said)) this.more(open, whole.slice(open.said.length))
  }

  private ended(response: JsonObject): void {
    this.begin(response)
    for (const [at, wire] of objects(response.output).entries()) this.itemDone(at, wire)
    for (const item of this.items.values())
      if (!item.done)
        for (const { index } of item.parts.values()) this.out.push({ type: 'part-end', index })
    this.over = true
    const stop = decodeStop(
      response,
      this.types.map(type => ({ type })),
    )
    const usage = decodeUsage(object(response.usage) ?? {})
    this.out.push({ type: 'response-end', stop, usage, ...extended(restOf(response)) })
  }

  private failed(wire: JsonObject): void {
    this.over = true
    this.out.push({ type: 'error', error: failure(wire) })
  }
}
