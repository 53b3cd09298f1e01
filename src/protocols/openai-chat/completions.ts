import {
  type ConversationRequest,
  type ConversationResponse,
  type PartDelta,
  type StreamEvent,
  truncatedStream,
} from '../../conversation/index.ts'
import { GatewayError } from '../../lib/errors.ts'
import type { JsonObject } from '../../lib/json/json.ts'
import { text, without } from '../../lib/json/read-json.ts'
import type { Machine } from '../../lib/streams/machine.ts'
import type { Asked, ClientCodec, Envelope, Frame } from '../codec.ts'
import { peekBody } from '../shared/peek.ts'
import { completionEndpoints } from './endpoints.ts'
import { encodeError } from './error.ts'
import { decodeRequest } from './request.ts'
import { completionRequests } from './request-schema.ts'
import { spellingOf, withSpelling } from './spelling.ts'
import { encodeStop } from './stop.ts'
import { errorFrames, wantsUsage } from './stream/encode.ts'
import { encodeUsage } from './usage.ts'

/** The legacy text endpoint, for clients that have not moved: a prompt is one user message. */
export const completions: ClientCodec = {
  protocol: 'openai-chat',
  endpoints: completionEndpoints,
  forwards: [],
  carries: () => false,
  keepAlive: ': keep-alive\n\n',
  peek: peekBody,
  requests: completionRequests,
  decodeRequest: decodePrompt,
  encodeResponse,
  encodeStream: asked => new TextWriter(asked),
  encodeError,
  encodeTokenCount: inputTokens => ({ input_tokens: inputTokens }),
}

/** What a conversation has no place for; `logprobs` is a number here and means another thing there. */
const UNSERVED = ['suffix', 'best_of', 'logprobs']

function decodePrompt(body: JsonObject, envelope: Envelope): ConversationRequest {
  const prompt = promptOf(body)
  // `stream` stays behind, so that usage is asked for: these clients do not think of it.
  const rest = without(body, 'prompt', 'echo', 'stream', ...UNSERVED)
  const messages = [{ role: 'user', content: prompt }]
  const request = decodeRequest({ ...rest, messages }, envelope)
  const lost = UNSERVED.filter(name => body[name] !== undefined && body[name] !== null)
  return {
    ...request,
    ...withSpelling(request.extensions?.['openai-chat'] ?? {}, {
      ...spellingOf(request),
      ...(lost.length > 0 ? { lost } : {}),
      ...(body.echo === true ? { echo: prompt } : {}),
    }),
  }
}

function promptOf({ prompt }: JsonObject): string {
  const [only, ...more] = Array.isArray(prompt) ? prompt : [prompt]
  if (typeof only === 'string' && more.length === 0) return only
  throw new GatewayError(
    'invalid-request',
    'prompt: one string is served here; send several prompts as several requests, and text instead of token ids',
    { param: 'prompt' },
  )
}

/** The prompt, for a client that wants it repeated in front of the answer. */
function echoOf(asked: Asked): string {
  return text(spellingOf(asked).echo) ?? ''
}

function head(asked: Asked): JsonObject {
  return {
    id: `cmpl-${asked.id}`,
    object: 'text_completion',
    created: Math.floor(asked.atMs / 1000),
    model: asked.model,
  }
}

function choice(words: string, finish: string | null): JsonObject {
  return { index: 0, text: words, logprobs: null, finish_reason: finish }
}

function encodeResponse(response: ConversationResponse, asked: Asked): JsonObject {
  const words = response.parts.map(part => (part.type === 'text' ? part.text : '')).join('')
  return {
    ...head(asked),
    choices: [choice(echoOf(asked) + words, encodeStop(response.stop))],
    usage: encodeUsage(response.usage),
  }
}

/** Text parts alone: the endpoint is older than calls and thinking. */
class TextWriter implements Machine<StreamEvent, Frame> {
  private readonly asked: Asked
  private readonly texts = new Set<number>()
  private over = false

  constructor(asked: Asked) {
    this.asked = asked
  }

  feed(event: StreamEvent): Frame[] {
    if (this.over) return []
    switch (event.type) {
      case 'response-start':
        return this.words(echoOf(this.asked))
      case 'part-start':
        if (event.part.type !== 'text') return []
        this.texts.add(event.index)
        return this.words(event.part.text)
      case 'part-delta':
        return this.texts.has(event.index) ? this.partDelta(event.delta) : []
      case 'response-end':
        return this.responseEnd(event)
      case 'error':
        this.over = true
        return errorFrames(event.error)
      case 'part-end':
      case 'opaque':
        return []
    }
  }

  end(): Frame[] {
    if (this.over) return []
    this.over = true
    return errorFrames(truncatedStream())
  }

  private partDelta(delta: PartDelta): Frame[] {
    return 'text' in delta ? this.words(delta.text) : []
  }

  private words(words: string): Frame[] {
    return words === '' ? [] : [this.frame({ choices: [choice(words, null)] })]
  }

  private responseEnd({ stop, usage }: Extract<StreamEvent, { type: 'response-end' }>): Frame[] {
    this.over = true
    const frames = [this.frame({ choices: [choice('', encodeStop(stop))] })]
    if (wantsUsage(this.asked)) {
      frames.push(this.frame({ choices: [], usage: encodeUsage(usage) }))
    }
    return [...frames, { data: '[DONE]' }]
  }

  private frame(members: JsonObject): Frame {
    return { data: JSON.stringify({ ...head(this.asked), ...members }) }
  }
}
