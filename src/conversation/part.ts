import type { JsonObject } from '../lib/json/json.ts'

/** The wire formats a conversation can come from and go to. Each has a folder in `protocols/`. */
export const PROTOCOLS = ['anthropic', 'openai-chat', 'openai-responses', 'gemini'] as const
export type ProtocolId = (typeof PROTOCOLS)[number]

/** Wire members that the conversation has no place for, by the protocol they came in. */
export type Extensions = Partial<Record<ProtocolId, JsonObject>>

/**
 * A signature or ciphertext. Only `issuer` can check it, so it is replayed to no one else. An empty
 * issuer is unknown: history that came back without a tag. `protocol` defines what `value` is; an empty
 * value only names who wrote it.
 */
export type Seal = { issuer: string; protocol: ProtocolId; value: string }

export type Source =
  | { from: 'base64'; mediaType: string; data: string }
  | { from: 'url'; url: string; mediaType?: string }
  /** An upstream's own handle. */
  | { from: 'file'; id: string; issuer: string }

export type Citation = {
  title?: string
  url?: string
  quote?: string
  range?: [number, number]
  extensions?: Extensions
}

/** What an upstream did by itself on the way to its answer. */
export type ServerStep = {
  does: 'web-search' | 'web-fetch' | 'code-execution'
  id: string
  query?: string
  url?: string
  code?: string
  output?: string
  sources?: { url: string; title?: string }[]
}

/**
 * One piece of a message. Tool arguments and sealed text stay text, byte for byte: a thinking text
 * that was re-serialised fails its issuer's check.
 */
export type Part = { cache?: { ttl: '5m' | '1h' }; seal?: Seal; extensions?: Extensions } & PartBody

export type PartBody =
  | { type: 'text'; text: string; citations?: Citation[] }
  | { type: 'image' | 'document' | 'audio' | 'video'; source: Source; name?: string }
  | {
      type: 'tool-call'
      id: string
      name: string
      /** JSON text; of a freeform tool the text itself. */
      arguments: string
      runsOn: 'client' | 'server'
      freeform?: true
      namespace?: string
    }
  | {
      type: 'tool-result'
      callId: string
      /** The tool's name, where the wire has it. */
      name?: string
      parts: Part[]
      failed: boolean
      runsOn: 'client' | 'server'
    }
  | { type: 'thinking'; text: string }
  | { type: 'thinking-redacted'; seal: Seal }
  | { type: 'refusal'; text: string }
  /** A block only its own protocol can read; `means` is what others may send in its place. */
  | { type: 'opaque'; protocol: ProtocolId; wire: JsonObject; means?: ServerStep }

export type PartOf<Type extends Part['type']> = Part & { type: Type }
