import { CAPSULE_PREFIX, type ConversationRequest, effortOf } from '../conversation/index.ts'
import { GatewayError } from '../lib/errors.ts'
import { text } from '../lib/json/read-json.ts'
import type { Envelope } from '../protocols/codec.ts'
import type { ClientName, Facts } from '../routing/facts.ts'
import type { TokenEstimator } from './failover/token-estimate.ts'
import type { ParsedBody } from './parsed-body.ts'
import type { InboundRequest } from './request.ts'

/** What conditions may ask about this request. The body is read only if one asks for it. */
export class RequestFacts implements Facts {
  readonly atMs: number
  readonly client: ClientName
  readonly protocol: Facts['protocol']
  readonly key: string
  readonly model: string
  readonly stream: boolean
  /** A condition asked for the length of the input, and an estimate could not decide it. */
  undecided = false
  /** `countTokens` was called. */
  counted = false
  readonly #inbound: InboundRequest
  readonly #body: ParsedBody
  readonly #tokenEstimator: TokenEstimator
  #inputTokens: number | undefined

  constructor(
    inbound: InboundRequest,
    { model, stream }: Envelope,
    body: ParsedBody,
    { now, tokenEstimator }: { now(): number; tokenEstimator: TokenEstimator },
  ) {
    this.atMs = now()
    this.client = detectClient(inbound.inbound.headers)
    this.protocol = inbound.codec.protocol
    this.key = inbound.caller.name
    this.model = model
    this.stream = stream
    this.#inbound = inbound
    this.#body = body
    this.#tokenEstimator = tokenEstimator
  }

  get hour(): number {
    return new Date(this.atMs).getHours()
  }

  header(name: string): string | null {
    return this.#inbound.inbound.headers.get(name)
  }

  inputTokens(near: number): number {
    if (this.#inputTokens !== undefined) return this.#inputTokens
    const { bytes } = this.#body
    const estimate = this.#tokenEstimator.estimate(this.key, bytes.length)
    this.undecided ||= !decides(estimate, bytes, near)
    return estimate.tokens
  }

  /** From then on `inputTokens` is the count, where the body can be read. */
  async countTokens(): Promise<void> {
    this.counted = true
    if (this.#request()) this.#inputTokens = await this.#body.ownInputTokens()
  }

  thinking(): boolean {
    const thinking = this.#request()?.thinking
    return thinking !== undefined && effortOf(thinking) !== 'none'
  }

  images(): boolean {
    return hasImages(this.#request())
  }

  tools(): readonly string[] {
    return toolNames(this.#request())
  }

  /** Undefined: nothing is known of a body that is malformed, or that is no conversation. */
  #request(): ConversationRequest | undefined {
    return this.#inbound.action === 'relay' ? undefined : readable(this.#body)
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
