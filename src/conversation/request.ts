import type { JsonObject } from '../lib/json/json.ts'
import type { Extensions, Part, ProtocolId } from './part.ts'

export type Message = {
  role: 'system' | 'user' | 'assistant'
  parts: Part[]
  /** The protocol whose wire it was read from; absent: it stands on no wire as it is. */
  origin?: ProtocolId
  extensions?: Extensions
}

export type Tool = { extensions?: Extensions } & (
  | {
      type: 'function'
      name: string
      description?: string
      parameters: JsonObject
      strict?: boolean
      cache?: { ttl: '5m' | '1h' }
      namespace?: string
      /** For this protocol's models only; others are not offered it. */
      only?: ProtocolId
    }
  /** Takes free text instead of JSON; `format` is its grammar, as its protocol writes it. */
  | { type: 'custom'; name: string; description?: string; format?: JsonObject; namespace?: string }
  /** One the upstream runs itself; `does` names what other protocols have too. */
  | { type: 'server'; protocol: ProtocolId; wire: JsonObject; does?: ServerAbility }
)

export type ServerAbility = {
  name: 'web-search' | 'web-fetch' | 'code-execution'
  maxUses?: number
  allowedDomains?: string[]
  blockedDomains?: string[]
}

export type Effort = 'none' | 'auto' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max'
export type ThinkingIntent = { effort: Effort } | { budgetTokens: number }

export type Sampling = {
  maxOutputTokens?: number
  temperature?: number
  topP?: number
  topK?: number
  seed?: number
  stop?: string[]
  presencePenalty?: number
  frequencyPenalty?: number
}

export type ConversationRequest = {
  /** Apart from the messages, as most wires have it. */
  system: Part[]
  messages: Message[]
  tools: Tool[]
  toolChoice: { mode: 'auto' | 'none' | 'required' } | { mode: 'tool'; name: string }
  /** Absent: the client did not set it. */
  parallelTools?: boolean
  sampling: Sampling
  /** Absent: the client did not set it. */
  thinking?: ThinkingIntent
  /** Whether the client wants to see the thoughts. Absent: it did not set it. */
  showThinking?: boolean
  /** What groups requests with one prompt prefix, as the client named it. */
  cacheKey?: string
  verbosity?: string
  format: { type: 'text' } | { type: 'json'; schema?: JsonObject; name?: string; strict?: boolean }
  extensions?: Extensions
}
