import type {
  ConversationRequest,
  ConversationResponse,
  Part,
  StreamEvent,
} from '../../src/conversation/index.ts'
import type { JsonObject } from '../../src/lib/json/json.ts'
import type { Asked, Codec, Frame } from '../../src/protocols/codec.ts'

const EMPTY: ConversationRequest = {
  system: [],
  messages: [],
  tools: [],
  toolChoice: { mode: 'auto' },
  sampling: {},
  format: { type: 'text' },
}

/** What a client asked for, as far as an encoder of replies looks at it. */
export const ASKED: Asked = { model: 'asked', id: 'req_1', atMs: 0, thinking: true }

/**
 * A codec as tables see it: what is decoded comes as plain values, and what is encoded is made of
 * plain values, so that no spelling of a source is remembered.
 */
export function codecTables(codec: Codec, model = 'm') {
  const ofRequest = { model, stream: false, issuer: 'up' }
  return {
    decodeRequest: (body: JsonObject): ConversationRequest =>
      plain(codec.decodeRequest(structuredClone(body), ofRequest)),

    /** The body, and the paths of what is lost. */
    encodeRequest(request: Partial<ConversationRequest>): { body: JsonObject; losses: string[] } {
      const addressee = { ...ofRequest, quirks: {} }
      const { wire, losses } = codec.encodeRequest({ ...EMPTY, ...request }, addressee)
      return { body: plain(wire.body), losses: losses.map(({ path }) => path) }
    },

    decodeResponse: (body: JsonObject): ConversationResponse =>
      plain(codec.decodeResponse(structuredClone(body), 'up')),

    encodeResponse(reply: Partial<ConversationResponse>): { body: JsonObject; losses: string[] } {
      const asked = { ...ASKED, losses: [] }
      const body = codec.encodeResponse({ ...REPLY, ...reply }, asked)
      const losses: readonly { path: string }[] = asked.losses
      return { body: plain(body), losses: losses.map(({ path }) => path) }
    },

    decodeStream(payloads: readonly JsonObject[]): StreamEvent[] {
      const machine = codec.decodeStream('up')
      const frames = payloads.map(payload => ({ data: JSON.stringify(payload) }))
      return [...frames.flatMap(frame => machine.feed(frame)), ...machine.end()]
    },

    /** The payloads that the events are written as. */
    encodeStream(events: readonly StreamEvent[]): JsonObject[] {
      const machine = codec.encodeStream(ASKED)
      const frames: Frame[] = [...events.flatMap(event => machine.feed(event)), ...machine.end()]
      return frames.flatMap(({ data }) => (data.startsWith('{') ? [JSON.parse(data)] : []))
    },
  }
}

const REPLY: ConversationResponse = {
  id: 'reply_1',
  model: 'served',
  parts: [],
  stop: { reason: 'end', raw: null },
  usage: {},
}

/** Without members that are undefined, and without what is remembered of an object. */
function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}

export const text = (words: string): Part => ({ type: 'text', text: words })

/** The events of one part: its start, its deltas, its end. */
export function grown(
  index: number,
  part: Part,
  ...deltas: Extract<StreamEvent, { type: 'part-delta' }>['delta'][]
): StreamEvent[] {
  return [
    { type: 'part-start', index, part },
    ...deltas.map((delta): StreamEvent => ({ type: 'part-delta', index, delta })),
    { type: 'part-end', index },
  ]
}
