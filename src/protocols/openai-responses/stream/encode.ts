import {
  appendDelta,
  type Citation,
  type Part,
  type PartDelta,
  type PartOf,
  type Stop,
  type Usage,
} from '../../../conversation/index.ts'
import type { GatewayError } from '../../../lib/errors.ts'
import type { JsonObject } from '../../../lib/json/json.ts'
import { text } from '../../../lib/json/read-json.ts'
import type { Asked, Frame, StreamEncoder } from '../../codec.ts'
import { type EventOf, SequentialEncoder } from '../../shared/stream-encoder.ts'
import { encodeCitation, encodeMedia } from '../content.ts'
import { envelopeOf } from '../envelope.ts'
import { failureOf } from '../error.ts'
import { SUMMARY_GAP } from '../item.ts'
import { callItem, carrierItem, createIds, itemOf, reasoningItem, stepItem } from '../reply-item.ts'
import { isSearchCall, searchCallItem } from '../tool-search.ts'

export function encodeStream(asked: Asked): StreamEncoder {
  return new ResponseWriter(asked)
}

/**
 * OpenAI's own sign of life. Codex's idle timer (300 s) does not count comments, and it takes no
 * other event before `response.created` (Codex 0.169, 2026-11).
 */
export function keepAliveEvent(sequence: number): Frame {
  const data = JSON.stringify({ type: 'keepalive', sequence_number: sequence })
  return { event: 'keepalive', data }
}

/** The message that takes text as long as nothing else comes. */
type OpenMessage = { at: number; item: JsonObject; content: JsonObject[] }
type Prose = 'output_text' | 'refusal'

/** Reasoning on its way; `summaries`: those so far. */
type OpenThought = { kind: 'thought'; at: number; id: string; part: Part; summaries: string[] }

/** An item that is being written. */
type OpenItem =
  | { kind: 'prose'; type: Prose }
  | { kind: 'call'; at: number; item: JsonObject; member: 'arguments' | 'input' }
  | { kind: 'search'; at: number; id: string; part: PartOf<'tool-call'> }
  | OpenThought
  | { kind: 'nothing' }

/**
 * Events → events of a response: every item is added, grown and done, in order, with one counter
 * for them all; a single terminal event carries the response whole.
 */
export class ResponseWriter extends SequentialEncoder<Frame> implements StreamEncoder {
  private readonly ids: ReturnType<typeof createIds>
  private readonly output: JsonObject[] = []
  private readonly completed = new Set<number>()
  private sequence: number
  private begun: boolean
  private message: OpenMessage | undefined
  private open: OpenItem = { kind: 'nothing' }
  private extensions: JsonObject = {}

  constructor(asked: Asked) {
    super(asked)
    const { continues } = asked
    const ids = createIds(asked)
    this.ids = continues ? { ...ids, response: continues.id } : ids
    this.begun = continues !== undefined
    this.sequence = continues?.sequence ?? 0
  }

  /** The response whole, once all its parts were fed. */
  body(stop: Stop, usage: Usage): JsonObject {
    return {
      ...envelopeOf(this.ids.response, this.asked, stop, usage),
      completed_at: Math.floor(this.asked.atMs / 1000),
      output: this.output,
    }
  }

  keepAlive(): Frame | undefined {
    return this.begun && !this.over ? keepAliveEvent(this.sequence++) : undefined
  }

  private send(type: string, members: JsonObject): void {
    const wire = { type, sequence_number: this.sequence++, ...members }
    this.out.push({ event: type, data: JSON.stringify(wire) })
  }

  protected responseStart(): void {
    if (this.begun) return
    this.begun = true
    const response = {
      ...envelopeOf(this.ids.response, this.asked, undefined, undefined),
      // Tools can be most of a request; a client that sent them knows them.
      tools: [],
      output: [],
    }
    this.send('response.created', { response })
    this.send('response.in_progress', { response })
  }

  protected partStart(part: Part): void {
    this.responseStart()
    switch (part.type) {
      case 'text':
      case 'refusal':
        this.startProse(part)
        return
      case 'thinking':
      case 'thinking-redacted':
        this.closeMessage()
        this.open = { kind: 'thought', at: -1, id: '', part, summaries: [] }
        if (part.type === 'thinking' && part.text !== '') this.think(part.text)
        return
      case 'tool-call':
        if (part.runsOn === 'client') this.startCall(part)
        else this.open = { kind: 'nothing' }
        return
      case 'opaque': {
        this.closeMessage()
        const item = stepItem(part, this.ids.next, this.asked)
        if (item) this.whole(item)
        this.open = { kind: 'nothing' }
        return
      }
      case 'tool-result':
        this.open = { kind: 'nothing' }
        return
      default: {
        const encoded = encodeMedia(part)
        const lost = 'wire' in encoded ? `${part.type} in a reply has no equivalent` : encoded.lost
        this.asked.losses?.push({ path: 'output', reason: lost })
        const instead = ('instead' in encoded && encoded.instead) || `[${part.type}]`
        this.startProse({ type: 'text', text: instead })
        return
      }
    }
  }

  /** Text that follows text goes on in the same message. */
  private startProse(part: Extract<Part, { type: 'text' | 'refusal' }>): void {
    const type: Prose = part.type === 'text' ? 'output_text' : 'refusal'
    this.open = { kind: 'prose', type }
    const item = itemOf(part)
    if (item) this.closeMessage()
    if (item || part.text !== '') this.prose(type, part.text, item)
    if (part.type === 'text') for (const citation of part.citations ?? []) this.cite(citation)
  }

  private prose(type: Prose, words: string, members: JsonObject = {}): void {
    const message = this.message ?? this.openMessage(members)
    const content = message.content[message.content.length - 1]
    if (content?.type !== type) {
      this.closeContent()
      this.openContent(message, type)
    }
    if (words === '') return
    const { at, item } = message
    const index = message.content.length - 1
    const grown = message.content[index]
    const where = { item_id: item.id ?? '', output_index: at, content_index: index }
    if (type === 'output_text') {
      if (grown) grown.text = `${text(grown.text) ?? ''}${words}`
      this.send('response.output_text.delta', { ...where, delta: words, logprobs: [] })
    } else {
      if (grown) grown.refusal = `${text(grown.refusal) ?? ''}${words}`
      this.send('response.refusal.delta', { ...where, delta: words })
    }
  }

  private openMessage(members: JsonObject): OpenMessage {
    const item: JsonObject = {
      id: this.ids.next('msg'),
      type: 'message',
      status: 'in_progress',
      role: 'assistant',
      content: [],
      ...members,
    }
    const message = { at: this.added(item), item, content: [] }
    this.message = message
    return message
  }

  private openContent(message: OpenMessage, type: Prose): void {
    const part: JsonObject =
      type === 'output_text'
        ? { type, text: '', annotations: [], logprobs: [] }
        : { type, refusal: '' }
    message.content.push(part)
    this.send('response.content_part.added', {
      item_id: message.item.id ?? '',
      output_index: message.at,
      content_index: message.content.length - 1,
      part: { ...part },
    })
  }

  private closeContent(): void {
    const { message } = this
    const part = message?.content[message.content.length - 1]
    if (!message || !part) return
    const where = {
      item_id: message.item.id ?? '',
      output_index: message.at,
      content_index: message.content.length - 1,
    }
    if (part.type === 'output_text')
      this.send('response.output_text.done', { ...where, text: part.text ?? '', logprobs: [] })
    else this.send('response.refusal.done', { ...where, refusal: part.refusal ?? '' })
    this.send('response.content_part.done', { ...where, part })
  }

  private closeMessage(): void {
    const { message } = this
    if (!message) return
    this.closeContent()
    this.message = undefined
    this.done(message.at, { ...message.item, status: 'completed', content: message.content })
  }

  private cite(citation: Citation): void {
    const { message } = this
    const part = message?.content[message.content.length - 1]
    if (!message || part?.type !== 'output_text') return
    const annotations = Array.isArray(part.annotations) ? part.annotations : []
    for (const annotation of encodeCitation(citation, (text(part.text) ?? '').length)) {
      this.send('response.output_text.annotation.added', {
        item_id: message.item.id ?? '',
        output_index: message.at,
        content_index: message.content.length - 1,
        annotation_index: annotations.length,
        annotation,
      })
      annotations.push(annotation)
    }
    part.annotations = annotations
  }

  private startCall(part: Extract<Part, { type: 'tool-call' }>): void {
    this.closeMessage()
    const carrier = carrierItem(part, this.ids.next('rs'))
    if (carrier) this.whole(carrier)
    if (isSearchCall(part, this.asked.request?.tools)) {
      this.startSearch(part)
      return
    }
    const item = callItem(part, this.ids.next(part.freeform ? 'ctc' : 'fc'))
    const member = part.freeform ? 'input' : 'arguments'
    this.open = { kind: 'call', at: this.added(item), item, member }
    if (part.arguments !== '') this.argue(part.arguments)
  }

  /** Its arguments are an object, so they are sent when they are complete. */
  private startSearch(part: PartOf<'tool-call'>): void {
    const id = this.ids.next('tsc')
    const item = { ...searchCallItem(part, id, ''), status: 'in_progress' }
    this.open = { kind: 'search', at: this.added(item), id, part }
  }

  private argue(words: string): void {
    if (this.open.kind === 'search')
      this.open.part = { ...this.open.part, arguments: this.open.part.arguments + words }
    if (this.open.kind !== 'call' || words === '') return
    const { item, at, member } = this.open
    item[member] = `${text(item[member]) ?? ''}${words}`
    const type =
      member === 'input'
        ? 'response.custom_tool_call_input.delta'
        : 'response.function_call_arguments.delta'
    this.send(type, { item_id: item.id ?? '', output_index: at, delta: words })
  }

  private closeCall({ item, at, member }: Extract<OpenItem, { kind: 'call' }>): void {
    if (member === 'arguments' && item.arguments === '') this.argue('{}')
    const complete = item[member] ?? ''
    const where = { item_id: item.id ?? '', output_index: at }
    if (member === 'input')
      this.send('response.custom_tool_call_input.done', { ...where, input: complete })
    else
      this.send('response.function_call_arguments.done', {
        ...where,
        name: item.name ?? '',
        arguments: complete,
      })
    this.done(at, { ...item, status: 'completed' })
  }

  /** The text of a thought is sent as its summary. Its item opens with the first delta. */
  private think(words: string): void {
    if (this.open.kind !== 'thought') return
    const thought = this.open
    // Where the vendor's own summaries part, ours do.
    if (words === SUMMARY_GAP && thought.id !== '' && itemOf(thought.part)) {
      this.closeSummary(thought)
      thought.summaries.push('')
      this.openSummary(thought)
      return
    }
    if (thought.summaries.length === 0) {
      thought.id = text(itemOf(thought.part)?.id) ?? this.ids.next('rs')
      thought.at = this.added({ id: thought.id, type: 'reasoning', summary: [] })
      thought.summaries.push('')
      this.openSummary(thought)
    }
    const last = thought.summaries.length - 1
    thought.summaries[last] += words
    this.send('response.reasoning_summary_text.delta', {
      item_id: thought.id,
      output_index: thought.at,
      summary_index: last,
      delta: words,
    })
  }

  private openSummary({ id, at, summaries }: OpenThought): void {
    this.send('response.reasoning_summary_part.added', {
      item_id: id,
      output_index: at,
      summary_index: summaries.length - 1,
      part: { type: 'summary_text', text: '' },
    })
  }

  private closeSummary({ id, at, summaries }: OpenThought): void {
    const words = summaries[summaries.length - 1] ?? ''
    const where = { item_id: id, output_index: at, summary_index: summaries.length - 1 }
    this.send('response.reasoning_summary_text.done', { ...where, text: words })
    this.send('response.reasoning_summary_part.done', {
      ...where,
      part: { type: 'summary_text', text: words },
    })
  }

  private closeThought(thought: OpenThought): void {
    const { part, summaries } = thought
    const item = reasoningItem(part, thought.id || this.ids.next('rs'))
    if (summaries.length === 0) {
      this.whole(item)
      return
    }
    this.closeSummary(thought)
    const summary = summaries.map(words => ({ type: 'summary_text', text: words }))
    // The vendor's own item stays as it was sealed, unless its words stand elsewhere.
    const same = Bun.deepEquals(item.summary, summary)
    const { content: _, ...rest } = item
    this.done(thought.at, same ? item : { ...rest, id: thought.id, summary })
  }

  protected partDelta(delta: PartDelta): void {
    const { open } = this
    if ('text' in delta) {
      if (open.kind === 'prose' && delta.text !== '') this.prose(open.type, delta.text)
      if (open.kind === 'thought' && open.part.type === 'thinking') {
        open.part = appendDelta(open.part, delta)
        if (delta.text !== '') this.think(delta.text)
      }
    } else if ('arguments' in delta) this.argue(delta.arguments)
    else if ('citation' in delta) this.cite(delta.citation)
    else if (open.kind === 'thought' && open.part.type === 'thinking')
      open.part = appendDelta(open.part, delta)
  }

  protected partEnd(): void {
    const { open } = this
    this.open = { kind: 'nothing' }
    if (open.kind === 'call') this.closeCall(open)
    else if (open.kind === 'thought') this.closeThought(open)
    else if (open.kind === 'search')
      this.done(open.at, searchCallItem(open.part, open.id, open.part.arguments))
  }

  private added(item: JsonObject): number {
    const at = this.output.length
    this.output.push(item)
    this.send('response.output_item.added', { output_index: at, item: { ...item } })
    return at
  }

  private done(at: number, item: JsonObject): void {
    this.output[at] = item
    this.completed.add(at)
    this.send('response.output_item.done', { output_index: at, item })
  }

  /** An item that does not grow. */
  private whole(item: JsonObject): void {
    this.done(this.added(item), item)
  }

  protected responseEnd({ stop, usage, extensions }: EventOf<'response-end'>): void {
    this.responseStart()
    this.closeMessage()
    this.over = true
    this.extensions = extensions?.['openai-responses'] ?? {}
    const response = { ...this.body(stop, usage), ...this.extensions }
    const type = response.status === 'incomplete' ? 'response.incomplete' : 'response.completed'
    // Before the frame is sent: the client may refer to the response at once.
    this.asked.finished?.(response)
    this.send(type, { response })
  }

  protected failed(error: GatewayError): void {
    this.responseStart()
    this.over = true
    const response = {
      ...envelopeOf(this.ids.response, this.asked, undefined, undefined),
      status: 'failed',
      error: failureOf(error),
      output: this.output.flatMap((item, at) => (this.completed.has(at) ? [item] : this.cut(at))),
    }
    this.send('response.failed', { response })
  }

  /** An item as far as it came. Half a call is left out: a client might run it. */
  private cut(at: number): JsonObject[] {
    const { message, open } = this
    if (message?.at === at && message.content.length > 0)
      return [{ ...message.item, status: 'incomplete', content: message.content }]
    if (open.kind !== 'thought' || open.at !== at) return []
    const summary = open.summaries.map(words => ({ type: 'summary_text', text: words }))
    return [{ id: open.id, type: 'reasoning', summary, status: 'incomplete' }]
  }
}
