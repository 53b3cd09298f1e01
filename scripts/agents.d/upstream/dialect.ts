/** What the scripted model needs of a protocol, and what it gives it to say. */
import type { Json } from './json.ts'

export type Protocol = 'anthropic' | 'openai-chat' | 'openai-responses' | 'gemini'

/** A tool the client offered. `custom` takes free text, the others an object by `schema`. */
export type Tool = { name: string; namespace?: string; custom: boolean; schema: Json }
export type Call = { tool: Tool; input: Json | string }
/** `tokens`: what the reply says the input was; some hundred where nothing depends on it. */
export type Turn = { thought: string; text: string; calls: readonly Call[]; tokens?: number }

/** A 400, in the words of the real service where they are known. */
export type Refusal = { message: string; code?: string; status?: number }

/** One protocol, together with what it handed out and wants to see again. */
export interface Dialect {
  protocol: Protocol
  matches(path: string): boolean
  /** Why the real service would not serve this request. */
  refuse(body: Json): Refusal | undefined
  tools(body: Json): Tool[]
  /** Whether a tool's result is in the history. */
  answered(body: Json): boolean
  reply(turn: Turn, body: Json, path: string): Response
  refused(refusal: Refusal): Response
}

/** `note` takes what a service puts up with, though something was lost. */
export type Open = (note: (text: string) => void) => Dialect

type Check<Memory> = (body: Json, memory: Memory) => Refusal | string | undefined

/** The first complaint of a list of checks. */
export function firstRefusal<Memory>(
  checks: Check<Memory>[],
  body: Json,
  memory: Memory,
): Refusal | undefined {
  for (const check of checks) {
    const wrong = check(body, memory)
    if (wrong) return typeof wrong === 'string' ? { message: wrong } : wrong
  }
  return undefined
}

export const DEFAULT_TOKENS = 50

export const sayInput = (input: Json | string): string =>
  typeof input === 'string' ? input : JSON.stringify(input)
