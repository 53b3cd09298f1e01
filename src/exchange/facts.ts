import { CAPSULE_PREFIX, type ConversationRequest, effortOf } from '../conversation/index.ts'
import { GatewayError } from '../lib/errors.ts'
import { text } from '../lib/json/read-json.ts'
import type { Envelope } from '../protocols/codec.ts'
import type { ClientName, Facts } from '../routing/facts.ts'
import type { TokenEstimator } from './failover/token-estimate.ts'
import type { ParsedBody } from './parsed-body.ts'
import type { InboundRequest } from './request.ts'

export type RequestFacts = Facts & {
  /**
   * Counts the input if a condition asked for it that length could not decide, and resolves to
   * whether it did: from then on `inputTokens` is the count.
   */
  countTokens(): Promise<boolean>
}

/** What conditions may ask about this request. The body is read only if one asks for it. */
export function factsOf(
  { codec, inbound, caller, action }: InboundRequest,
  envelope: Envelope,
  body: ParsedBody,
  atMs: number,
  tokenEstimator: TokenEstimator,
): RequestFacts {
  let counted: number | undefined
  let undecided = false
  /** Undefined: nothing is known of a body that is malformed, or that is no conversation. */
  const request = (): ConversationRequest | undefined =>
    action === 'relay' ? undefined : readable(body)
  return {
    client: detectClient(inbound.headers),
    protocol: codec.protocol,
    key: caller.name,
    model: envelope.model,
    stream: envelope.stream,
    hour: new Date(atMs).getHours(),
    header: name => inbound.headers.get(name),
    inputTokens(near) {
      if (counted !== undefined) return counted
      const estimate = tokenEstimator.estimate(caller.name, body.bytes.length)
      undecided ||= !decides(estimate, body.bytes, near)
      return estimate.tokens
    },
    async countTokens() {
      if (!undecided || !request()) return false
      counted = await body.ownInputTokens()
      return true
    },
    thinking() {
      const thinking = request()?.thinking
      return thinking !== undefined && effortOf(thinking) !== 'none'
    },
    images: () => hasImages(request()),
    tools: () => toolNames(request()),
  }
}

function readable(body: ParsedBody): ConversationRequest | undefined {
  try {
    return body.ownConversation()
  } catch (error) {
    if (error instanceof GatewayError) return undefined
    throw error
  }
}

const CLIENT_MARKS: readonly (readonly [pattern: RegExp, client: ClientName])[] = [
  // It calls itself Claude Code towards Anthropic's protocol, by a version of its own.
  [/^claude-cli\/0\./, 'qwen-code'],
  [/^claude-(cli|code)\//, 'claude-code'],
  [/^QwenCode\//, 'qwen-code'],
  [/^GeminiCLI/, 'gemini-cli'],
  [/^codex[_/-]/, 'codex'],
  [/^opencode\//, 'opencode'],
]

/** Which program this is, by what it says of itself. */
export function detectClient(headers: Headers): ClientName {
  if (headers.has('x-amp-thread-id') || headers.has('x-amp-feature')) return 'amp'
  if (headers.has('x-claude-code-session-id')) return 'claude-code'
  if (headers.get('originator')?.startsWith('codex')) return 'codex'
  const agent = headers.get('user-agent') ?? ''
  return CLIENT_MARKS.find(([pattern]) => pattern.test(agent))?.[1] ?? 'other'
}

/** Capsules and pictures are long and cost little. */
const INFLATED = [';base64,', '"base64"', 'inlineData', 'inline_data', CAPSULE_PREFIX].map(mark =>
  Buffer.from(mark),
)

/** Whether an estimate by length decides on which side of a limit the request is. */
function decides(
  { tokens, errorFactor }: ReturnType<TokenEstimator['estimate']>,
  body: Uint8Array,
  near: number,
): boolean {
  if (tokens * errorFactor < near) return true
  return (
    tokens > near * errorFactor &&
    !INFLATED.some(mark => Buffer.prototype.includes.call(body, mark))
  )
}

function hasImages(request: ConversationRequest | undefined): boolean {
  const messages = request?.messages ?? []
  return messages.some(({ parts }) =>
    parts.some(
      part =>
        part.type === 'image' ||
        (part.type === 'tool-result' && part.parts.some(({ type }) => type === 'image')),
    ),
  )
}

function toolNames(request: ConversationRequest | undefined): string[] {
  const tools = request?.tools ?? []
  return tools.flatMap(tool => {
    if (tool.type !== 'server') return [tool.name]
    const { wire, does } = tool
    const named = [text(wire.name), text(wire.type), does?.name.replace('-', '_')]
    return [...named, ...Object.keys(wire).slice(0, 1)].filter(name => name !== undefined)
  })
}
