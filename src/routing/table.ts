import type { Ability, Effort, ProtocolId } from '../conversation/index.ts'
import type { CredentialSpec, Strategy } from '../credentials/credential.ts'
import type { OAuthVendor } from '../credentials/oauth/vendor.ts'
import type { KeyLimits } from '../credentials/quotas.ts'
import type { JsonEdit } from '../lib/json/json-edit.ts'
import type { Kind } from '../providers/kind.ts'
import type { ModelPrice } from '../providers/pricing/prices.ts'
import type { Condition } from './condition.ts'
import type { Diagnostic } from './diagnostic.ts'
import type { Facts } from './facts.ts'

/** A line of the file, for `explain`. Counts from 1. */
export type Place = { line: number; column: number }

export type { CredentialSpec, Strategy } from '../credentials/credential.ts'

export type Timeouts = {
  connectMs: number
  firstByteMs: number
  idleMs: number
  /** 0: none. */
  totalMs: number
}

/** What is known of a model; absent: unknown. */
export type ModelFacts = {
  contextTokens?: number
  maxOutputTokens?: number
  /** Effort levels it takes. */
  thinking?: readonly string[]
  /** What it cannot take. */
  lacks?: readonly Ability[]
  price?: ModelPrice
  /** Where the file says so. */
  at?: Place
}

export type ProviderModel = ModelFacts & {
  /** What the upstream calls it. */
  name: string
  /** What clients may call it; the name where no alias is given. */
  alias: string
  /** Its upstream lists it, since when as far as we know. */
  discoveredAtMs?: number
}

export type Provider = {
  id: string
  kind: Kind
  /** By protocol: where to send, `base-url` and `api-version` applied. */
  speaks: readonly {
    protocol: ProtocolId
    /** No trailing slash, and no endpoint path even if the file gave one. */
    baseUrl: string
    /** Appended to every URL, e.g. `api-version=2025-04-01-preview`; empty: nothing. */
    query: string
  }[]
  credentials: readonly CredentialSpec[]
  /** Who signs its accounts in; absent: its kind takes none. */
  vendor?: OAuthVendor
  models: readonly ProviderModel[]
  /** Those of the file, or of the kind: there whatever the upstream lists. */
  declared: readonly ProviderModel[]
  /** Its upstream is asked for its list; `known`: it gave one before. */
  discovery?: { identity: string; known: boolean }
  headers: Readonly<Record<string, string>>
  timeouts: Timeouts
  priority: number
  /** Through which its requests go out; absent: as the environment says. */
  proxy?: string
  /** Not usable: disabled in the file, or no key is set. The reason is shown. */
  off?: string
  /** It is off only because no key of it is set, or no account signed in, on this machine. */
  unset?: boolean
  prefix?: string
  /** Whether a model is hidden from listing and routing. */
  excludes(model: string): boolean
  /** The upstream's names for what clients call so; several share the load. */
  namesOf(alias: string): readonly string[]
  at: Place
}

/** A reasoning suffix: `name(high)`, `name(8192)`. */
export type Reasoning = { effort: Effort } | { budgetTokens: number }

/** Provider + model: one thing that may be tried. */
export type Target = {
  provider: Provider
  /** The upstream's name for the model. */
  model: string
  facts: ModelFacts
  reasoning?: Reasoning
  weight: number
  timeouts: Timeouts
  at: Place
}

/** How the members of a pool share the load. */
export type PoolStrategy = Strategy | 'least-latency'

/** One fallback step: a pool whose members share the load; a pool of one is a plain target. */
export type Step = { strategy: PoolStrategy; members: readonly Target[]; id: string }

/** How one asked name was decided, rule by rule, for `explain`. */
export type TraceLine = { rule: string; verdict: string; at?: Place }

/** What an asked name resolves to: targets in order. */
export type Route = {
  /** The entry that decided: `models.coder`, `force."gpt-5*"`, `claude/x` for an address. */
  name: string
  steps: readonly Step[]
  /** `asked`: replies carry the client's name. */
  reportModel: 'asked' | 'served'
  /** Changes to the client's request, in its own protocol. */
  edits: readonly JsonEdit[]
  /** Targets that cannot serve at all, and why. */
  passedOver: readonly { target: string; reason: string; at: Place }[]
}

export type Resolution =
  | { found: true; route: Route; trace: readonly TraceLine[] }
  | { found: false; nearest: readonly string[]; trace: readonly TraceLine[] }

/** A name clients may ask for, as listed by `/v1/models`. */
export type ListedModel = {
  id: string
  description?: string
  ownedBy: string
  contextTokens?: number
  maxOutputTokens?: number
}

export type ApiKey = {
  name: string
  /** The key, or `sha256:` and its hash. */
  key: string
  /** Names it may ask for, as globs; absent: all. */
  models?: readonly string[]
  limits?: KeyLimits
  at?: Place
}

/** `remote-management`. */
export type ManagementSettings = {
  /** From other machines too. */
  allowRemote: boolean
  /** As it is, `sha256:…` or bcrypt; absent: the file gives none. */
  secret?: string
  /** Whether the page is served. */
  panel: boolean
}

/** An entry of `rules`. */
export type Rule = { when?: Condition; edits: readonly JsonEdit[] }

export type ServerSettings = {
  host: string
  port: number
  /** Without api-keys other machines may call, too. */
  openToAll: boolean
  /** Web pages that may call besides our own: `http://localhost:3000`. */
  origins: readonly string[]
  tls?: { cert: string; key: string }
  bodyLimitBytes: number
  /** How much of a reply may be held at once: one that is collected, or one event of a stream. */
  replyLimitBytes: number
  shutdownGraceMs: number
}

export type Policy = {
  requestRetry: number
  maxRetryIntervalMs: number
  strategy: Strategy
  cooldown: { transientMs: number; maxMs: number }
  /** How long a conversation stays where it was last served; 0: it does not. */
  sessionAffinityMs: number
  /** 0: none. */
  keepaliveMs: number
  /** How long a request may wait for credentials that cool down; 0: not at all. */
  waitingRoomMs: number
}

export type LoggingSettings = {
  level: 'debug' | 'info' | 'warn' | 'error'
  /** A path to which the lines go as well; absent: stderr only. */
  file?: string
  /** Which exchanges are written to files of their own. */
  requests: 'off' | 'errors' | 'all'
}

export type UsageSettings = { enabled: boolean; keepMs: number }

/** `routes.yaml` with every name resolved and every default filled in; frozen. */
export type RoutingTable = {
  file: string
  /** What was compiled. */
  text: string
  providers: ReadonlyMap<string, Provider>
  /**
   * Resolves an asked name; a pure function of the table and of who asks. Without facts every
   * condition holds.
   */
  resolve(asked: string, facts?: Facts): Resolution
  /** Changes to the requests that match. */
  rules: readonly Rule[]
  listed: readonly ListedModel[]
  /** Every name that the file itself gives, patterns aside. */
  names: readonly string[]
  apiKeys: readonly ApiKey[]
  management: ManagementSettings
  /** The folder of account files. */
  authDir: string
  server: ServerSettings
  policy: Policy
  logging: LoggingSettings
  usage: UsageSettings
  /** Every `${file:…}` the text pulled in, so that a change of them reloads too. */
  files: readonly string[]
  warnings: readonly Diagnostic[]
}
