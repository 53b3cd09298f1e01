import type { Ability, ProtocolId } from '../conversation/index.ts'
import type { Action, Quirks, UpstreamModel } from '../protocols/codec.ts'
import type { ServiceAccount } from './service-account.ts'

/** One protocol an upstream speaks, and where. */
export type Speech = {
  protocol: ProtocolId
  /**
   * Where the codec's paths are appended, without a trailing slash. OpenAI protocols: ends before
   * `/chat/completions`; Anthropic: before `/v1/messages`; Gemini: before `/v1beta/models`.
   * Empty: the file must give `base-url`.
   */
  baseUrl: string
  /** Paths that differ from the codec's own. */
  paths?: Partial<Record<Action, string>>
  /** What stands in place of the codec's own beginning of a path (Vertex: `/v1/publishers/…`). */
  root?: string
}

/** How the credential is sent. */
export type Auth = { header: string; prefix?: string } | 'none'

/** What an error reply says about limits, beyond `Retry-After`. */
export type Limits = { retryAfterMs?: number; scope: 'credential' | 'model' }

/** What a request in process looks like to a kind that answers by itself. */
export type LocalRequest = {
  protocol: ProtocolId
  action: Action
  model: string
  stream: boolean
  headers: Headers
  body: Uint8Array
  signal: AbortSignal
}

/** A preset: what `kind:` in routes.yaml stands for. Data only, but for `limits` and `answer`. */
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
  quirks?: Quirks
  /** What none of its models takes, unless the file says otherwise of one. */
  lacks?: readonly Ability[]
  /** Models known without asking. */
  catalogue?: readonly CatalogueModel[]
  limits?(status: number, headers: Headers, body: string): Limits | undefined
  /** A credential that is an account rather than a key; undefined: it is a key. */
  serviceAccount?(secret: string, baseUrl: string): ServiceAccount | undefined
  /** The kind answers in process instead of over the network (`echo`). */
  answer?(request: LocalRequest): Promise<Response>
}

export type CatalogueModel = UpstreamModel & {
  /** Effort levels the model takes; absent: unknown. */
  thinking?: readonly string[]
  /** What it is known not to have. */
  lacks?: readonly Ability[]
}
