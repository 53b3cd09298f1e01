import type { JsonObject } from '../lib/json.ts'
import type { Extensions, Part, ProtocolId } from './part.ts'

export type Message = {
  role: 'system' | 'user' | 'assistant'
  parts: Part[]
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
    }
  /** One the upstream runs itself: web search, code execution, … */
  | { type: 'server'; protocol: ProtocolId; wire: JsonObject }
)

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
  /** Absent: the client did not say. */
  parallelTools?: boolean
  sampling: Sampling
  /** Absent: the client did not say. */
  thinking?: ThinkingIntent
  format: { type: 'text' } | { type: 'json'; schema?: JsonObject; name?: string; strict?: boolean }
  extensions?: Extensions
}
