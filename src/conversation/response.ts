import type { GatewayError } from '../lib/errors.ts'
import type { JsonObject } from '../lib/json/json.ts'
import type { Citation, Extensions, Part, ProtocolId, Seal } from './part.ts'

/**
 * Input counts are disjoint and sum to the total. Absent means "not reported", never zero.
 * `output` includes `reasoning`. `beyond`: cached tokens an upstream stated in excess of its own
 * total; in no sum. `raw` is the upstream's own usage object.
 */
export type Usage = {
  fresh?: number
  cacheRead?: number
  cacheWrite?: number
  beyond?: { cacheRead?: number; cacheWrite?: number }
  output?: number
  reasoning?: number
  raw?: JsonObject
}

export type Stop = {
  reason: 'end' | 'length' | 'stop-sequence' | 'tool-calls' | 'refusal' | 'paused' | 'other'
  /** The upstream's own spelling. */
  raw: string | null
  sequence?: string
}

export type ConversationResponse = {
  id: string
  model: string
  parts: Part[]
  stop: Stop
  usage: Usage
  extensions?: Extensions
}

export type PartDelta =
  | { text: string }
  | { arguments: string }
  | { seal: Seal }
  | { citation: Citation }

/** One item of a streamed response. Part indices count from 0 without gaps, in starting order. */
export type StreamEvent =
  | { type: 'response-start'; id: string; model: string; usage?: Usage; extensions?: Extensions }
  | { type: 'part-start'; index: number; part: Part }
  | { type: 'part-delta'; index: number; delta: PartDelta }
  | { type: 'part-end'; index: number }
  | { type: 'response-end'; stop: Stop; usage: Usage; extensions?: Extensions }
  /** `usage`: what was reported before, by protocols that report it along the way. */
  | { type: 'error'; error: GatewayError; usage?: Usage }
  | { type: 'opaque'; protocol: ProtocolId; event: string; wire: JsonObject }
