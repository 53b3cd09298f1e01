import {
  cutShort,
  grow,
  isReasoning,
  oneByOne,
  type Part,
  type PartDelta,
  type PartOf,
  packCapsule,
  type Seal,
  type StreamEvent,
} from '../../../conversation/index.ts'
import type { JsonObject } from '../../../lib/json.ts'
import type { Machine } from '../../../lib/machine.ts'
import { object, text } from '../../../lib/wire.ts'
import { argumentsObject } from '../../arguments.ts'
import type { Asked, Frame } from '../../codec.ts'
import { errorBody } from '../error.ts'
import { membersOf } from '../extended.ts'
import { encodeMedia } from '../part.ts'
import { encodeStop } from '../stop.ts'
import { encodeUsage } from '../usage.ts'

export function encodeStream(asked: Asked): Machine<StreamEvent, Frame> {
  const writer = new ChunkWriter(asked)
  const framed = (chunks: JsonObject[]): Frame[] =>
    chunks.map(chunk => ({ data: JSON.stringify(chunk) }))
  return {
    feed: event => framed(writer.feed(event)),
    end: () => framed(writer.end()),
  }
}

/** Events → chunks. A call is one part, so it is told when its arguments are complete. */
export class ChunkWriter implements Machine<StreamEvent, JsonObject> {
  private readonly asked: Asked
  private readonly order = oneByOne()
  private id: string
  private over = false
  private out: JsonObject[] = []
  private part: Part | undefined
  /** Thoughts of another upstream that wait for a part whose signature can carry them. */
  private thoughts: Part[] = []
  /** Something was said after the first of them. */
  private said = false

  constructor(asked: Asked) {
    this.asked = asked
    this.id = asked.id
  }

  feed(event: StreamEvent): JsonObject[] {
    if (this.over) return []
    for (const next of this.order.feed(event)) this.handle(next)
    return this.taken()
  }

  end(): JsonObject[] {
    if (this.over) return []
    this.over = true
    return [errorBody(cutShort())]
  }

  private taken(): JsonObject[] {
    const { out } = this
    this.out = []
    return out
  }

  private handle(event: StreamEvent): void {
    switch (event.type) {
      case 'response-start':
        this.id = event.id || this.id
        break
      case 'part-start':
        this.started(event.part)
        break
      case 'part-delta':
        this.grown(event.delta)
        break
      case 'part-end':
        this.closed()
        break
      case 'response-end':
        this.ended(event)
        break
      case 'error':
        this.over = true
        this.out.push(errorBody(event.error))
        break
      case 'opaque':
        break
    }
  }

  private chunk(parts: JsonObject[], more: JsonObject = {}, beside: JsonObject = {}): void {
    const content = { role: 'model', parts }
    this.out.push({
      candidates: [{ content, index: 0, ...more }],
      ...beside,
      modelVersion: this.asked.model,
      responseId: this.id,
    })
  }

  private started(part: Part): void {
    this.part = part
    if (part.type === 'text' || part.type === 'refusal') this.say(part.text)
    else if (part.type === 'thinking') this.think(part.text)
  }

  private say(words: string): void {
    if (words === '') return
    if (this.thoughts.length > 0) this.said = true
    this.chunk([{ text: words }])
  }

  private think(words: string): void {
    if (words !== '') this.chunk([{ text: words, thought: true }])
  }

  private grown(delta: PartDelta): void {
    const { part } = this
    if (!part) return
    if (part.type === 'text' || part.type === 'refusal') {
      if ('text' in delta) this.say(delta.text)
      return
    }
    this.part = grow(part, delta)
    if ('text' in delta && part.type === 'thinking') this.think(delta.text)
  }

  private closed(): void {
    const { part } = this
    this.part = undefined
    if (!part) return
    if (isReasoning(part)) this.thought(part)
    else if (part.type === 'tool-call' && part.runsOn === 'client') this.call(part)
    else if (part.type === 'opaque') this.opaque(part)
    else if (
      part.type === 'image' ||
      part.type === 'document' ||
      part.type === 'audio' ||
      part.type === 'video'
    ) {
      const encoded = encodeMedia(part)
      if ('wire' in encoded) this.chunk([encoded.wire])
      else this.say(encoded.instead ?? '')
    }
  }

  /** The service's own signature stands on an empty part behind what it signs. */
  private thought(part: PartOf<'thinking'> | PartOf<'thinking-redacted'>): void {
    if (part.seal?.protocol !== 'gemini') {
      this.thoughts.push(part)
      return
    }
    const told = part.type === 'thinking' && part.text !== ''
    if (part.seal.value !== '')
      this.chunk([
        { text: '', ...(told ? { thought: true } : {}), thoughtSignature: part.seal.value },
      ])
  }

  private call(part: PartOf<'tool-call'>): void {
    const signature = this.signatureFor(part)
    this.chunk([
      {
        functionCall: {
          id: part.id,
          name: part.name,
          args: argumentsObject(part.arguments),
          ...membersOf(part),
        },
        ...(signature === undefined ? {} : { thoughtSignature: signature }),
      },
    ])
  }

  /** The service's own, or a capsule of what another upstream thought before the call. */
  private signatureFor({ id, seal }: PartOf<'tool-call'>): string | undefined {
    const parts = this.thoughts
    if (seal?.protocol === 'gemini' && parts.length === 0) return seal.value || undefined
    if (parts.length === 0 && !seal?.value) return undefined
    const ahead = this.said
    this.thoughts = []
    this.said = false
    const calls: Record<string, Seal> = seal?.value ? { [id]: seal } : {}
    return packCapsule({
      parts,
      ...(ahead ? { ahead } : {}),
      ...(seal?.value ? { calls } : {}),
    })
  }

  private opaque(part: PartOf<'opaque'>): void {
    if (part.protocol === 'gemini') {
      if (!part.wire.groundingMetadata) this.chunk([part.wire])
      return
    }
    const { means } = part
    if (means?.does === 'code-execution' && means.code !== undefined)
      this.chunk([{ executableCode: { language: 'PYTHON', code: means.code } }])
    if (means?.does === 'code-execution' && means.output !== undefined)
      this.chunk([{ codeExecutionResult: { outcome: 'OUTCOME_OK', output: means.output } }])
    if (means?.does === 'web-search') this.searched(means.query, means.sources ?? [])
    if (!means)
      this.asked.losses?.push({
        path: 'candidates',
        reason: `${text(part.wire.type) ?? 'a part'} has no equivalent`,
      })
  }

  private searched(query: string | undefined, sources: readonly { url: string; title?: string }[]) {
    const grounding: JsonObject = {
      webSearchQueries: query ? [query] : [],
      groundingChunks: sources.map(({ url, title }) => ({
        web: { uri: url, title: title ?? url },
      })),
    }
    this.chunk([], { groundingMetadata: grounding })
  }

  private ended({ stop, usage, extensions }: Extract<StreamEvent, { type: 'response-end' }>): void {
    this.over = true
    const left = this.thoughts
    const parts: JsonObject[] =
      left.length > 0 ? [{ text: '', thoughtSignature: packCapsule({ parts: left }) }] : []
    const candidate = extensions?.gemini?.candidate
    this.chunk(
      parts,
      { finishReason: encodeStop(stop), ...object(candidate) },
      { usageMetadata: encodeUsage(usage) },
    )
  }
}
