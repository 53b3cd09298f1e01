import {
  appendDelta,
  isReasoning,
  type Part,
  type PartDelta,
  type PartOf,
  packCapsule,
  type Seal,
  type StreamEvent,
} from '../../../conversation/index.ts'
import type { GatewayError } from '../../../lib/errors.ts'
import type { JsonObject } from '../../../lib/json/json.ts'
import { object, text } from '../../../lib/json/read-json.ts'
import type { Machine } from '../../../lib/streams/machine.ts'
import type { Asked, Frame } from '../../codec.ts'
import { argumentsObject } from '../../shared/arguments.ts'
import { type EventOf, SequentialEncoder } from '../../shared/stream-encoder.ts'
import { streamErrorBody } from '../error.ts'
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

/** Events → chunks. A call is one part, so it is sent when its arguments are complete. */
export class ChunkWriter extends SequentialEncoder<JsonObject> {
  private id: string
  private part: Part | undefined
  /** Thoughts of another upstream that wait for a part whose signature can carry them. */
  private thoughts: Part[] = []
  /** Text was sent after the first of them. */
  private textSent = false

  constructor(asked: Asked) {
    super(asked)
    this.id = asked.id
  }

  protected responseStart({ id }: EventOf<'response-start'>): void {
    this.id = id || this.id
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

  protected partStart(part: Part): void {
    this.part = part
    if (part.type === 'text' || isSaid(part)) this.say(part.text)
    else if (part.type === 'thinking') this.think(part.text)
  }

  private say(words: string): void {
    if (words === '') return
    if (this.thoughts.length > 0) this.textSent = true
    this.chunk([{ text: words }])
  }

  private think(words: string): void {
    if (words !== '') this.chunk([{ text: words, thought: true }])
  }

  protected partDelta(delta: PartDelta): void {
    const { part } = this
    if (!part) return
    if (part.type === 'text' || isSaid(part)) {
      if ('text' in delta) this.say(delta.text)
      return
    }
    this.part = appendDelta(part, delta)
    if ('text' in delta && part.type === 'thinking') this.think(delta.text)
  }

  protected partEnd(): void {
    const { part } = this
    this.part = undefined
    if (!part) return
    if (isReasoning(part)) this.thought(part)
    else if (part.type === 'tool-call' && part.runsOn === 'client') this.call(part)
    else if (part.type === 'opaque') this.opaquePart(part)
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
    const hasText = part.type === 'thinking' && part.text !== ''
    if (part.seal.value !== '')
      this.chunk([
        { text: '', ...(hasText ? { thought: true } : {}), thoughtSignature: part.seal.value },
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
          ...part.extensions?.gemini,
        },
        thoughtSignature: signature,
      },
    ])
  }

  /** The service's own, or a capsule of what another upstream thought before the call. */
  private signatureFor({ id, seal }: PartOf<'tool-call'>): string | undefined {
    const parts = this.thoughts
    if (seal?.protocol === 'gemini' && parts.length === 0) return seal.value || undefined
    if (parts.length === 0 && !seal?.value) return undefined
    const ahead = this.textSent
    this.thoughts = []
    this.textSent = false
    const calls: Record<string, Seal> = seal?.value ? { [id]: seal } : {}
    return packCapsule({
      parts,
      ahead: ahead || undefined,
      calls: seal?.value ? calls : undefined,
    })
  }

  private opaquePart(part: PartOf<'opaque'>): void {
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

  protected responseEnd({ stop, usage, extensions }: EventOf<'response-end'>): void {
    this.over = true
    const left = this.thoughts
    const parts: JsonObject[] =
      left.length > 0 ? [{ text: '', thoughtSignature: packCapsule({ parts: left }) }] : []
    const { candidate, promptFeedback } = extensions?.gemini ?? {}
    const blocked = object(promptFeedback)
    if (blocked && parts.length === 0) {
      this.out.push({
        promptFeedback: blocked,
        usageMetadata: encodeUsage(usage),
        modelVersion: this.asked.model,
        responseId: this.id,
      })
      return
    }
    this.chunk(
      parts,
      { finishReason: encodeStop(stop), ...object(candidate) },
      { usageMetadata: encodeUsage(usage) },
    )
  }
  protected failed(error: GatewayError): void {
    this.over = true
    this.out.push(streamErrorBody(error))
  }
}

/** A refusal that the model wrote; the service's own explanation has its place at the end. */
function isSaid(part: Part): part is PartOf<'refusal'> {
  return part.type === 'refusal' && part.extensions?.gemini?.explains !== true
}
