import type { ConversationResponse, StreamEvent } from '../../conversation/index.ts'
import { GatewayError } from '../../lib/errors.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Machine } from '../../lib/machine.ts'
import { object, without } from '../../lib/wire.ts'
import type { Asked, ClientCodec, Frame, Inbound } from '../codec.ts'
import { peekBody } from '../peek.ts'
import { encodeError, errorBody } from './error.ts'
import { decodeRequest } from './request.ts'
import { encodeStop } from './stop.ts'
import { encodeUsage } from './usage.ts'

/** The legacy text endpoint, for clients that have not moved: a prompt is one user message. */
export const completions: ClientCodec = {
  protocol: 'openai-chat',
  endpoints: [{ method: 'POST', path: '/v1/completions', action: 'generate' }],
  forwards: [],
  keepAlive: ': keep-alive\n\n',
  peek: (inbound: Inbound) => peekBody(inbound.body),
  decodeRequest(body, envelope) {
    const messages = [{ role: 'user', content: promptOf(body) }]
    const rest = without(body, 'prompt', 'suffix', 'echo', 'best_of', 'logprobs')
    return decodeRequest({ ...rest, messages }, envelope)
  },
  encodeResponse(response: ConversationResponse, asked: Asked): JsonObject {
    const words = response.parts.map(part => (part.type === 'text' ? part.text : '')).join('')
    return {
      ...head(asked),
      choices: [
        { index: 0, text: words, logprobs: null, finish_reason: encodeStop(response.stop) },
      ],
      usage: encodeUsage(response.usage),
    }
  },
  encodeStream,
  encodeError,
  encodeTokenCount: inputTokens => ({ input_tokens: inputTokens }),
}

function head(asked: Asked): JsonObject {
  return {
    id: `cmpl-${asked.id}`,
    object: 'text_completion',
    created: Math.floor(asked.atMs / 1000),
    model: asked.model,
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

function encodeStream(asked: Asked): Machine<StreamEvent, Frame> {
  const wantsUsage =
    object(asked.extensions?.['openai-chat']?.stream_options)?.include_usage === true
  const texts = new Set<number>()
  let over = false
  const chunk = (words: string, finish: string | null): Frame => ({
    data: JSON.stringify({
      ...head(asked),
      choices: [{ index: 0, text: words, logprobs: null, finish_reason: finish }],
    }),
  })
  const failed = (error: GatewayError): Frame[] => {
    over = true
    return [{ data: JSON.stringify(errorBody(error)) }, { data: '[DONE]' }]
  }
  return {
    feed(event) {
      if (over) return []
      if (event.type === 'error') return failed(event.error)
      if (event.type === 'part-start' && event.part.type === 'text') {
        texts.add(event.index)
        return event.part.text ? [chunk(event.part.text, null)] : []
      }
      if (event.type === 'part-delta' && 'text' in event.delta && texts.has(event.index)) {
        return [chunk(event.delta.text, null)]
      }
      if (event.type !== 'response-end') return []
      over = true
      const frames = [chunk('', encodeStop(event.stop))]
      if (wantsUsage)
        frames.push({
          data: JSON.stringify({ ...head(asked), choices: [], usage: encodeUsage(event.usage) }),
        })
      return [...frames, { data: '[DONE]' }]
    },
    end: () =>
      over
        ? []
        : failed(
            new GatewayError(
              'upstream-failed',
              'the upstream ended its stream before the response was complete',
            ),
          ),
  }
}
