import type { ProtocolId } from '../conversation/index.ts'

/** Programs that are known by their headers. */
export const CLIENTS = [
  'amp',
  'claude-code',
  'codex',
  'gemini-cli',
  'opencode',
  'qwen-code',
  'other',
] as const

export type ClientName = (typeof CLIENTS)[number]

/** What conditions may ask about a request. What costs something to find out is a function. */
export type Facts = {
  client: ClientName
  protocol: ProtocolId
  /** Name of the API key. */
  key: string
  /** The name the client asked for. */
  model: string
  stream: boolean
  /** 0 to 23, in the gateway's own time zone. */
  hour: number
  header(name: string): string | null
  /** An estimate by length, or the count where there is one; `near`: what it is compared with. */
  inputTokens(near: number): number
  thinking(): boolean
  images(): boolean
  /** Names of tools, and types of those that the upstream runs. */
  tools(): readonly string[]
}

export function isClient(name: string): name is ClientName {
  return (CLIENTS as readonly string[]).includes(name)
}

/** A small request of an unknown client, for tests of the file and `explain`. */
export function sampleFacts(model: string, given: Partial<SampleFacts> = {}): Facts {
  const { headers = {}, inputTokens = 1_000, thinking = false, images = false, tools = [] } = given
  return {
    client: given.client ?? 'other',
    protocol: given.protocol ?? 'openai-chat',
    key: given.key ?? 'local',
    model,
    stream: given.stream ?? true,
    hour: given.hour ?? 12,
    header: name => headers[name.toLowerCase()] ?? null,
    inputTokens: () => inputTokens,
    thinking: () => thinking,
    images: () => images,
    tools: () => tools,
  }
}

export type SampleFacts = Pick<Facts, 'client' | 'protocol' | 'key' | 'stream' | 'hour'> & {
  headers: Record<string, string>
  inputTokens: number
  thinking: boolean
  images: boolean
  tools: readonly string[]
}
