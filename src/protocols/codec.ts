import type { TObject, TSchema } from '@sinclair/typebox'
import type {
  Ability,
  ConversationRequest,
  ConversationResponse,
  Extensions,
  ProtocolId,
  ServerAbility,
  StreamEvent,
  ToolDialect,
  Usage,
} from '../conversation/index.ts'
import type { GatewayError } from '../lib/errors.ts'
import type { JsonObject, JsonValue } from '../lib/json/json.ts'
import type { Machine } from '../lib/streams/machine.ts'
import type { RequestShape } from './shared/schema/request-check.ts'

/** What an endpoint does. A `relay` passes bytes through to the same protocol, never decoded. */
export type Action = 'generate' | 'count-tokens' | 'models' | 'relay' | 'compact'
/** What an endpoint, or a verb behind a model's name, does. All but `action` is for documentation. */
export type Operation = {
  action: Action
  /** What it does, in a few words. */
  title: string
  /** Requests as clients send them, by what they show. The model's name is added. */
  examples: Readonly<Record<string, JsonObject>>
  /** Media types of the reply; absent: JSON. */
  replies?: readonly string[]
  /** The body, where `requests` has no schema for the action: a relay's. */
  request?: TSchema
  /** The fields of a `multipart/form-data` body, where the endpoint takes one. */
  form?: TObject
}

/**
 * `path` in Elysia's notation, as clients call it. `verbs`: the path's wildcard ends in `:verb`,
 * which decides the operation and is handed on as `params.verb`, what stands before it as
 * `params.model`.
 */
export type Endpoint = { method: 'GET' | 'POST'; path: string } & (
  | Operation
  | { verbs: Readonly<Record<string, Operation>> }
)

/** A request as it arrived: the body whole and decompressed, not parsed. */
export type Inbound = {
  params: Record<string, string>
  headers: Headers
  query?: URLSearchParams
  body: Uint8Array
  signal: AbortSignal
}

/** What routing needs to know of a request, read without building a conversation. */
export type Envelope = {
  model: string
  stream: boolean
  session?: string
  /** Byte range of the model's JSON string in the body, quotes included; absent: it is in the path. */
  modelAt?: readonly [start: number, end: number]
  /** How the name is written there; absent: as JSON. */
  modelAs?: 'text'
  /** Who sealed the reasoning in this session's history, when known. */
  issuer?: string
  /** How a stream goes down; absent: as server-sent events. */
  framing?: 'json-array'
}

/** The upstream that a request is encoded for. `issuer`: the provider, which makes and checks seals. */
export type Addressee = {
  model: string
  stream: boolean
  issuer: string
  quirks: Quirks
  session?: string
}

/** What a reply echoes: the client's name for the model, and the request's own extensions. */
export type Asked = {
  model: string
  id: string
  atMs: number
  extensions?: Extensions
  /** The request, for protocols whose replies repeat its parameters. */
  request?: ConversationRequest
  /** The client asked for thoughts, so it can be handed some. */
  thinking?: boolean
  /** Called with the whole response where it comes at the end of one (Responses). */
  finished?(response: JsonObject): void
  /** The response that the request named as the one before (Responses). */
  follows?: string
  /** The client already has the beginning of the stream, which this id and number belong to. */
  continues?: { id: string; sequence: number }
  /** Where an encoder notes what the client's protocol has no form for. */
  losses?: Loss[]
}

/** An encoded upstream request. `path` goes behind the provider's base URL and starts with `/`. */
export type Wire = { path: string; headers: Record<string, string>; body: JsonObject }

/** One SSE message. `event` is absent where the protocol sends unnamed events. */
export type Frame = { event?: string; data: string }

/** What the client asked for and the upstream cannot be told. `path` is in the client's own wire, e.g. `messages[3].content[0]`. */
export type Loss = { path: string; reason: string }

/** Where an upstream departs from its protocol; data of the provider's kind. */
export type Quirks = {
  /** The upstream answers only as a stream. */
  streamOnly?: boolean
  /** Request members it refuses; never sent. */
  unsupported?: readonly string[]
  /** Chat: the member for the output cap. Default `max_completion_tokens` for OpenAI's own, else `max_tokens`. */
  maxTokensField?: 'max_tokens' | 'max_completion_tokens'
  /** Chat: the member that carries the thinking effort. Default `reasoning_effort`. */
  thinkingField?: 'reasoning_effort' | 'reasoning' | 'thinking' | 'enable_thinking' | 'none'
  /** Chat: which member of assistant messages carries earlier reasoning text. Default: not sent. */
  reasoningField?: 'reasoning_content' | 'reasoning'
  /** Chat: system text goes in this role. Default `system`. */
  systemRole?: 'system' | 'developer'
  /** Chat: accepts `stream_options: { include_usage }`. Default true. */
  streamUsage?: boolean
  /** Takes `prompt_cache_key`; one is derived from the session where the client gave none. */
  promptCacheKey?: boolean
  /** Gemini: calls and results carry no ids. */
  noCallIds?: boolean
  /** Gemini: knows schemas only in the older form (`parameters`, `responseSchema`). */
  noJsonSchema?: boolean
  /** Responses: keeps none, so the gateway keeps them for it. */
  stateless?: boolean
  /** Compacts conversations itself (Responses). */
  compact?: boolean
  /** Counts tokens itself, by the endpoint that its protocol has for it. */
  countTokens?: boolean
}

/** A model as clients list it. */
export type ModelInfo = {
  id: string
  displayName?: string
  /** From routes.yaml. */
  description?: string
  ownedBy: string
  createdAtMs: number
  contextTokens?: number
  maxOutputTokens?: number
}

/** A model as an upstream lists it, as far as its list states it. */
export type UpstreamModel = {
  name: string
  contextTokens?: number
  maxOutputTokens?: number
  /** What it cannot take, by the list. */
  lacks?: readonly Ability[]
}

export type ModelPage = {
  models: UpstreamModel[]
  /** What the query of the next page has besides; absent: this is the last one. */
  next?: string
}

/** Events → frames. */
export interface StreamEncoder extends Machine<StreamEvent, Frame> {
  /** The codec's `keepAliveEvent` with its place in this stream; undefined: not yet, or no longer. */
  keepAlive?(): Frame | undefined
}

/** The half that faces clients. */
export interface ClientCodec {
  readonly protocol: ProtocolId
  /** Requests may name an earlier reply instead of repeating it, so the gateway stores its replies. */
  readonly stateful?: boolean
  readonly endpoints: readonly Endpoint[]
  /**
   * Whether a request to a path that several protocols share is from a client of this one. Absent:
   * the codec does not claim any.
   */
  recognises?(headers: Headers, path: string): boolean
  /** Request headers that belong to the protocol and go upstream on passthrough; `x-*` is a prefix. */
  readonly forwards: readonly string[]
  /** Throws `invalid-request` for what is not the protocol's request: JSON, UTF-8, model, nesting. */
  peek(inbound: Inbound): Envelope
  /**
   * What a body must look like, by action. Checked before `decodeRequest` reads it, and only then:
   * a body that passes through is for its upstream to judge.
   */
  readonly requests: Partial<Record<Action, RequestShape>>
  /** Forgiving: unknown members go to `extensions`, unknown blocks become `opaque`. */
  decodeRequest(body: JsonObject, envelope: Envelope): ConversationRequest
  encodeResponse(response: ConversationResponse, asked: Asked): JsonObject
  encodeStream(asked: Asked): StreamEncoder
  encodeError(error: GatewayError): {
    status: number
    headers: Record<string, string>
    body: JsonObject
  }
  /**
   * Whether this client surely returns the reasoning of other protocols in its history, since its
   * replies carry it; else it is kept for it by call id.
   */
  carries(asked: Asked): boolean
  /** What a waiting client may get between any two events: an SSE comment, white space, a ping. */
  readonly keepAlive: string
  /** The protocol's own event for it, where clients accept nothing else as a sign of life. */
  keepAliveEvent?(sequence: number): Frame
  /** An error in a stream as clients see it that read no event as one: a bare JSON object. */
  bareError?(error: GatewayError): JsonObject
  encodeTokenCount(inputTokens: number): JsonObject
  /** How an upstream that cannot compact a conversation itself is asked for a summary, and how the client gets it. */
  readonly compaction?: {
    /** What the body of an ordinary request holds that asks for one; most bodies do not. */
    readonly mark: string
    /** Whether an ordinary request asks for one. */
    wanted(body: JsonObject): boolean
    ask(request: ConversationRequest): ConversationRequest
    /** The reply to `compact`. Throws `upstream-failed` where there is no summary. */
    encode(response: ConversationResponse, asked: Asked, body: JsonObject): JsonObject
    /** The reply to an ordinary request. Throws likewise. */
    reply(response: ConversationResponse, asked: Asked): ConversationResponse
  }
}

export type PathOptions = {
  /** Replaces the path's own beginning. */
  root?: string
  /** Which relay: the client's path, or the verb in it. */
  relay?: string
}

/** The half that faces upstreams. */
export interface UpstreamCodec {
  readonly protocol: ProtocolId
  /** Path behind the provider's base URL, perhaps with a query. */
  pathFor(action: Action, model: string, stream: boolean, more?: PathOptions): string
  /** What the protocol can express of tools; `adaptTools` applies it before `encodeRequest`. */
  readonly dialect: ToolDialect
  /** The tools run by the upstream that the protocol can name. */
  readonly serverTools: readonly ServerAbility['name'][]
  /** Members of a whole reply; `answer` holds what the model wrote. */
  readonly members: { model: string; usage: string; answer: string }
  /**
   * Paths that people leave at the end of a base URL although `pathFor` adds them; removed until
   * none is left. `version`: the segment with which every base URL of the protocol ends.
   */
  readonly baseUrl: { endings: readonly RegExp[]; version?: string }
  /** Members of the wire whose string is a seal: a signature or encrypted reasoning. */
  readonly sealMembers: readonly string[]
  /** Its upstreams want their reasoning back as plain text, since they seal none. */
  readonly unsealedReasoning?: boolean
  /** Headers the protocol itself demands (`anthropic-version`); passthrough prefers the client's. */
  readonly demands: Record<string, string>
  /** Strict: writes only what the protocol documents and reports the rest as losses. */
  encodeRequest(request: ConversationRequest, to: Addressee): { wire: Wire; losses: Loss[] }
  /** What the token-counting endpoint takes of a whole request. */
  countable(body: JsonObject): JsonObject
  /** An upstream's own usage object, split so that the counts add up. */
  decodeUsage(wire: JsonObject): Usage
  /** `issuer` tags the seals in the reply. */
  decodeResponse(body: JsonObject, issuer: string): ConversationResponse
  /** A stream that ends without its terminal event ends with an `error` event. */
  decodeStream(issuer: string): Machine<Frame, StreamEvent>
  /** A page of the list at `pathFor('models')`. Forgiving; undefined: that is no list at all. */
  decodeModels(wire: JsonValue): ModelPage | undefined
  /** For a status of 400 and above. `nowMs`: `Retry-After` may be a date. */
  decodeError(status: number, headers: Headers, body: string, nowMs: number): GatewayError
  /** The error in a whole reply with a status of 200; undefined: it is an answer. */
  embeddedError(body: JsonObject): GatewayError | undefined
}

export interface Codec extends ClientCodec, UpstreamCodec {
  /** The protocol's name in documentation. */
  readonly title: string
  encodeModels(models: readonly ModelInfo[]): JsonObject
  encodeModel(model: ModelInfo): JsonObject
}
