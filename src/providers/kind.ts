import type { Ability, ProtocolId } from '../conversation/index.ts'
import type { JsonObject, JsonValue } from '../lib/json/json.ts'
import type { Action, Loss, Quirks, UpstreamModel } from '../protocols/codec.ts'
import type { Transport } from './transport.ts'

/** One protocol an upstream speaks, and where. */
export type Speech = {
  protocol: ProtocolId
  /**
   * Where the codec's paths are appended, without a trailing slash. OpenAI protocols: ends before
   * `/chat/completions`; Anthropic: before `/v1/messages`; Gemini: before `/v1beta/models`.
   * Empty: the file must give `base-url`.
   */
  baseUrl: string
  /** Paths that differ from the codec's own; `stream`: that of a generation that streams. */
  paths?: Partial<Record<Action | 'stream', string>>
  /** What stands in place of the codec's own beginning of a path (Vertex: `/v1/publishers/…`). */
  root?: string
}

/** How the credential is sent. */
export type Auth = { header: string; prefix?: string } | 'none'

/** What an error reply says about limits, beyond `Retry-After`. */
export type Limits = { retryAfterMs?: number; scope: 'credential' | 'model' }

/** A preset: what `kind:` in routes.yaml stands for. Data only, but for what reads replies and `transport`. */
export type Kind = {
  id: string
  /** Shown in `--help`, `jackfield init` and the schema. */
  title: string
  /** The inbound protocol is used if listed, else the first. */
  speaks: readonly [Speech, ...Speech[]]
  auth: Auth
  /** Works without any key (a local server): never "off" for lack of one. */
  keyless?: boolean
  /** Tells its models, where the protocol spoken first has its list. */
  lists?: boolean
  headers?: Record<string, string>
  /** The same where the client's own headers of the protocol go before. */
  defaultHeaders?: Readonly<Record<string, string>>
  quirks?: Quirks
  /** What it demands of a request beyond its protocol, where quirks cannot express it. */
  rules?: RequestRules
  /** What none of its models takes, unless the file says otherwise of one. */
  lacks?: readonly Ability[]
  /** Models known without asking. */
  catalogue?: readonly CatalogueModel[]
  /** `nowMs`: a reset may be a point in time. */
  limits?(status: number, headers: Headers, body: string, nowMs: number): Limits | undefined
  /**
   * Where a Google service account is served whose key file is given in place of an API key; absent:
   * the kind takes none.
   */
  serviceAccountEndpoint?(
    account: { project: string; location?: string },
    baseUrl: string,
  ): { baseUrl: string; root: string }
  /** Signed-in accounts serve it; absent: keys alone do. */
  accounts?: AccountKind
  /** What its requests and replies are put into; absent: they go as the protocol has them. */
  envelope?: Envelope
  /** How requests reach it; absent: over HTTP. */
  transport?: Transport
  /** No real provider: it costs nothing, and never answers in the place of one. */
  standIn?: true
  /** A client's header with this word in it asks for a window of at least so many tokens. */
  longContext?: { header: string; word: string; contextTokens: number }
}

/** What an upstream demands of requests in the protocol that it speaks. */
export type RequestRules = {
  /** Whether a client's own bytes may go up with the changes made, and the reply's bytes back. */
  passes(body: JsonObject, action: Action): boolean
  /** Members that are set, or taken out (`undefined`); absent: those that stay as they are. */
  changes(
    body: JsonObject,
    action: Action,
  ): { members: Readonly<Record<string, JsonValue | undefined>>; losses: Loss[] }
}

/** JSON around the JSON of a protocol. Relays and lists of models go without it. */
export type Envelope = {
  /** What stands before a request's body, and behind it. `project`: the credential's. */
  opening(request: { action: Action; model: string; project?: string }): string
  closing: string
  /** The member of a reply, and of every event of a stream, that holds the protocol's own. */
  replyMember: string
}

/** How the accounts of a kind are sent. `members`: the account's file. */
export type AccountKind = {
  /** The member `type` of their files. */
  type: string
  /** Where an account is served, if not at the provider's `base-url`. */
  baseUrl?(members: JsonObject, baseUrl: string): string | undefined
  /** What goes up with an account's token. */
  headers?(members: JsonObject): Record<string, string>
  /** The projects that an account pays from, each a credential of its own; absent: it has none. */
  projects?(members: JsonObject): readonly string[]
  /** Words that are added to lists in headers. */
  words?: Record<string, string>
}

export type CatalogueModel = UpstreamModel & {
  /** Effort levels the model takes; absent: unknown. */
  thinking?: readonly string[]
  /** What it is known not to have. */
  lacks?: readonly Ability[]
}
