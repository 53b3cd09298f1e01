import {
  type Citation,
  type Part,
  type StreamEvent,
  truncatedStream,
} from '../../../conversation/index.ts'
import { type JsonObject, parseObject } from '../../../lib/json/json.ts'
import { count, object, objects, text } from '../../../lib/json/read-json.ts'
import type { Machine } from '../../../lib/streams/machine.ts'
import type { Frame } from '../../codec.ts'
import { withExtensions } from '../../shared/extensions.ts'
import { hasError } from '../../shared/upstream-error.ts'
import { decodeCitation, decodePart } from '../content.ts'
import { failure } from '../error.ts'
import { decodeCall, decodeReasoning, opaque, reasoningText, SUMMARY_GAP } from '../item.ts'
import { callMembers, messageMembers, restOf } from '../response.ts'
import { decodeStop } from '../stop.ts'
import { decodeUsage } from '../usage.ts'
import { type OpenItem, OpenItems, type OpenPart, streamedTextOf, wordsOf } from './open-items.ts'

export function decodeStream(issuer: string): Machine<Frame, StreamEvent> {
  return new EventReader(issuer)
}

/**
 * Events of a response → events. An item's `done` is final for it, the last response for
 * all of them: what the deltas did not bring is taken from there, since not every service sends them
 * all. What they brought is not repeated, wherever it stands in the final response.
 */
class EventReader implements Machine<Frame, StreamEvent> {
  private readonly issuer: string
  private readonly items = new OpenItems()
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
    this.out.push({ type: 'error', error: truncatedStream() })
    return this.taken()
  }

  private taken(): StreamEvent[] {
    const { out } = this
    this.out = []
    return out
  }

  private event(wire: JsonObject): void {
    const inner = count(wire.content_index) ?? 0
    const words = text(wire.delta) ?? ''
    switch (wire.type) {
      case 'response.created':
      case 'response.in_progress':
      case 'response.queued':
        this.begin(object(wire.response) ?? {})
        return
      case 'response.output_item.added':
        this.itemAdded(wire, object(wire.item) ?? {})
        return
      case 'response.output_item.done':
        this.itemDone(wire, object(wire.item) ?? {})
        return
      case 'response.content_part.added':
        this.contentAdded(wire, inner, object(wire.part) ?? {})
        return
      case 'response.output_text.delta':
        this.more(this.proseAt(wire, inner, 'text'), words)
        return
      case 'response.refusal.delta':
        this.more(this.proseAt(wire, inner, 'refusal'), words)
        return
      case 'response.output_text.annotation.added':
        this.cite(wire, inner, object(wire.annotation))
        return
      case 'response.reasoning_text.delta':
        this.more(this.itemOf(wire, 'reasoning').parts.get(0), words)
        return
      case 'response.reasoning_summary_text.delta':
        this.summarise(wire, count(wire.summary_index) ?? 0, words)
        return
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
        this.more(this.items.find(wire)?.parts.get(0), words)
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
      // Services that are not quite this protocol's send an error as Chat does.
      case undefined:
        if (hasError(wire.error)) this.failed(wire)
        return
    }
  }

  private begin(response: JsonObject): void {
    if (this.begun) return
    this.begun = true
    const id = text(response.id) ?? ''
    this.out.push({ type: 'response-start', id, model: text(response.model) ?? '' })
  }

  private itemAdded(event: JsonObject, wire: JsonObject): OpenItem {
    this.begin({})
    const item = this.items.add(event, wire)
    if (item.wire !== wire) return item
    if (wire.type === 'reasoning') {
      const seal = { issuer: this.issuer, protocol: 'openai-responses' as const, value: '' }
      const id = text(wire.id)
      const members = withExtensions('openai-responses', id === undefined ? {} : { item: { id } })
      this.start(item, 0, { type: 'thinking', text: '', seal, ...members })
    } else if (wire.type === 'function_call' || wire.type === 'custom_tool_call') {
      const call = decodeCall(wire)
      if (call.type !== 'tool-call') return item
      const part = {
        ...call,
        arguments: '',
        ...withExtensions('openai-responses', callMembers(wire)),
      }
      this.start(item, 0, part)
      this.more(item.parts.get(0), call.arguments)
    }
    return item
  }

  /** The item that a delta grows; a new one where the service did not announce it. */
  private itemOf(event: JsonObject, type: 'message' | 'reasoning'): OpenItem {
    const item = this.items.find(event)
    return item && !item.done && item.wire.type === type ? item : this.itemAdded(event, { type })
  }

  private start(item: OpenItem, inner: number, part: Part): OpenPart {
    const open = { index: this.types.length, type: part.type, text: '', cited: 0 }
    this.types.push(part.type)
    item.parts.set(inner, open)
    this.out.push({ type: 'part-start', index: open.index, part })
    return open
  }

  private contentAdded(event: JsonObject, inner: number, wire: JsonObject): void {
    const item = this.items.find(event) ?? this.itemAdded(event, { type: 'message' })
    if (item.wire.type !== 'message' || item.done || item.parts.has(inner)) return
    if (wire.type === 'output_text') this.prose(item, inner, 'text')
    else if (wire.type === 'refusal') this.prose(item, inner, 'refusal')
  }

  private prose(item: OpenItem, inner: number, type: 'text' | 'refusal'): OpenPart {
    const members = withExtensions(
      'openai-responses',
      item.parts.size === 0 ? { item: messageMembers(item.wire) } : {},
    )
    return this.start(item, inner, { type, text: '', ...members })
  }

  /** vLLM counts `content_index` up with every delta: only what is announced begins a new part. */
  private proseAt(event: JsonObject, inner: number, type: 'text' | 'refusal'): OpenPart {
    const item = this.itemOf(event, 'message')
    const known = item.parts.get(inner)
    if (known?.type === type) return known
    const last = [...item.parts.values()].findLast(part => part.type === type)
    return last ?? this.prose(item, inner, type)
  }

  private more(open: OpenPart | undefined, words: string): void {
    if (!open || words === '') return
    open.text += words
    const delta = open.type === 'tool-call' ? { arguments: words } : { text: words }
    this.out.push({ type: 'part-delta', index: open.index, delta })
  }

  /** Several summaries are one thought, a blank line between them. */
  private summarise(event: JsonObject, summary: number, words: string): void {
    const item = this.itemOf(event, 'reasoning')
    const open = item.parts.get(0)
    // A delta of its own, so that an encoder of summaries finds where the next one begins.
    if (item.summary !== summary && open?.text) this.more(open, SUMMARY_GAP)
    item.summary = summary
    this.more(open, words)
  }

  private cite(event: JsonObject, inner: number, annotation: JsonObject | undefined): void {
    const parts = this.items.find(event)?.parts
    const open = parts?.get(inner) ?? [...(parts?.values() ?? [])].at(-1)
    if (!open || !annotation) return
    open.cited++
    const delta = { citation: decodeCitation(annotation) }
    this.out.push({ type: 'part-delta', index: open.index, delta })
  }

  private itemDone(event: JsonObject, wire: JsonObject): void {
    const item = this.items.find(event, wire)
    const other = item && (item.wire.type !== wire.type || (item.done && item.wire.id !== wire.id))
    this.complete(!item || other ? this.itemAdded(event, wire) : item, wire)
  }

  private complete(item: OpenItem, wire: JsonObject): void {
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
    this.close(item)
  }

  private close(item: OpenItem): void {
    item.done = true
    for (const { index } of item.parts.values()) this.out.push({ type: 'part-end', index })
  }

  /** Part by part where its indices are those of the deltas; else by its text as a whole. */
  private messageDone(item: OpenItem, wire: JsonObject): void {
    const contents = objects(wire.content).map(decodePart)
    const aligned = [...item.parts].every(([inner, { type, text: streamed }]) => {
      const part = contents[inner]
      return part && part.type === type && 'text' in part && part.text.startsWith(streamed)
    })
    const last = [...item.parts.values()].at(-1)
    if (!aligned && last) this.wholeDone(item, last, wire, contents)
    else for (const [inner, part] of contents.entries()) this.contentDone(item, inner, part)
  }

  private contentDone(item: OpenItem, inner: number, part: Part): void {
    if (part.type !== 'text' && part.type !== 'refusal') {
      this.start(item, inner, part)
      return
    }
    const open = item.parts.get(inner) ?? this.prose(item, inner, part.type)
    this.rest(open, part.text)
    if (part.type === 'text') this.restCited(open, part.citations?.slice(open.cited))
  }

  private wholeDone(item: OpenItem, last: OpenPart, wire: JsonObject, contents: Part[]): void {
    const [complete, streamed] = [wordsOf(wire), streamedTextOf(item.parts)]
    if (complete.startsWith(streamed)) this.more(last, complete.slice(streamed.length))
    let cited = 0
    for (const part of item.parts.values()) cited += part.cited
    const citations = contents.flatMap(part => (part.type === 'text' ? (part.citations ?? []) : []))
    this.restCited(last, citations.slice(cited))
    const after = Math.max(...item.parts.keys()) + 1
    for (const [index, part] of contents.entries())
      if (part.type !== 'text' && part.type !== 'refusal') this.start(item, after + index, part)
  }

  private restCited(open: OpenPart, citations: readonly Citation[] = []): void {
    for (const citation of citations)
      this.out.push({ type: 'part-delta', index: open.index, delta: { citation } })
  }

  private reasoningDone(item: OpenItem, wire: JsonObject): void {
    const open = item.parts.get(0)
    if (!open) return
    if (open.text === '') this.more(open, reasoningText(wire))
    const part = decodeReasoning(wire, this.issuer)
    if (part.type === 'thinking' && part.seal)
      this.out.push({ type: 'part-delta', index: open.index, delta: { seal: part.seal } })
  }

  /** What the whole has beyond what came in pieces. */
  private rest(open: OpenPart | undefined, complete: string): void {
    if (open && complete.startsWith(open.text)) this.more(open, complete.slice(open.text.length))
  }

  private ended(response: JsonObject): void {
    this.begin(response)
    this.outputDone(objects(response.output))
    for (const item of this.items.all) if (!item.done) this.close(item)
    this.over = true
    const stop = decodeStop(
      response,
      this.types.map(type => ({ type })),
    )
    const usage = decodeUsage(object(response.usage) ?? {})
    this.out.push({
      type: 'response-end',
      stop,
      usage,
      ...withExtensions('openai-responses', restOf(response)),
    })
  }

  /** What the final response has that was not streamed. */
  private outputDone(output: readonly JsonObject[]): void {
    const named = this.items.namesMessages(output)
    const streamed = named ? '' : this.items.streamedText()
    const complete = output.map(wire => (wire.type === 'message' ? wordsOf(wire) : '')).join('')
    const matched = this.items.matched(output)
    for (const [at, wire] of output.entries()) {
      // Messages under other ids than before: their text is compared as a whole, below.
      if (wire.type === 'message' && !named) continue
      this.complete(matched[at] ?? this.itemAdded({}, wire), wire)
    }
    if (streamed !== '' && complete.startsWith(streamed))
      this.unstreamed(complete.slice(streamed.length))
  }

  private unstreamed(words: string): void {
    if (words === '') return
    const last = this.items.all.findLast(({ wire }) => wire.type === 'message')
    const open = last && !last.done ? [...last.parts.values()].at(-1) : undefined
    this.more(open ?? this.prose(this.itemAdded({}, { type: 'message' }), 0, 'text'), words)
  }

  private failed(wire: JsonObject): void {
    this.over = true
    const usage = decodeUsage(object(wire.usage) ?? {})
    this.out.push({ type: 'error', error: failure(wire), usage })
  }
}
