import {
  type ConversationRequest,
  type Message,
  type Part,
  type PartOf,
  type Sampling,
  type ServerAbility,
  systemAsUser,
  type Tool,
  toTurns,
} from '../../conversation/index.ts'
import type { JsonObject, JsonValue } from '../../lib/json.ts'
import { number, object, objects, picked, text, without } from '../../lib/wire.ts'
import { argumentsObject } from '../arguments.ts'
import type { Addressee, Envelope, Loss, Wire } from '../codec.ts'
import { foreignLosses } from '../foreign.ts'
import { OUR_STEP } from '../ours.ts'
import { isSealOf } from '../seals.ts'
import { leaveOut } from '../unsupported.ts'
import { extended } from './extended.ts'
import { memory } from './memory.ts'
import { encodeCitations, encodeMedia, rememberedContent } from './part.ts'
import { decodeThinking, encodeThinking } from './thinking.ts'

const UNDERSTOOD = [
  'model',
  'messages',
  'system',
  'stream',
  'tools',
  'tool_choice',
  'max_tokens',
  'temperature',
  'top_p',
  'top_k',
  'stop_sequences',
  'thinking',
]

/** What the protocol demands and other clients need not say. */
const DEFAULT_MAX_TOKENS = 32_000

export function decodeRequest(body: JsonObject, envelope: Envelope): ConversationRequest {
  const issuer = envelope.issuer ?? ''
  const choice = object(body.tool_choice)
  const thinking = decodeThinking(body)
  const display = object(body.thinking)?.display
  return {
    system: rememberedContent(body.system, issuer),
    messages: objects(body.messages).map(wire => decodeMessage(wire, issuer)),
    tools: memory.remember(objects(body.tools).map(decodeTool), body.tools ?? null),
    toolChoice: memory.remember(decodeToolChoice(choice), choice ?? null),
    ...(choice?.disable_parallel_tool_use === true ? { parallelTools: false } : {}),
    sampling: memory.remember(decodeSampling(body), picked(body, SAMPLING)),
    ...(thinking ? { thinking: memory.remember(thinking, picked(body, THINKING)) } : {}),
    ...(display === undefined ? {} : { showThinking: display !== 'omitted' }),
    format: memory.remember(decodeFormat(body), picked(body, FORMAT)),
    ...extended({
      ...without(body, ...UNDERSTOOD),
      // Thinking nobody could read is still the client's own.
      ...(thinking || body.thinking === undefined ? {} : { thinking: body.thinking }),
    }),
  }
}

const SAMPLING = ['max_tokens', 'temperature', 'top_p', 'top_k', 'stop_sequences']
const THINKING = ['thinking', 'output_config']
const FORMAT = ['output_config', 'output_format']

function decodeSampling(body: JsonObject): Sampling {
  const sampling: Sampling = {}
  const maxOutputTokens = number(body.max_tokens)
  if (maxOutputTokens !== undefined) sampling.maxOutputTokens = maxOutputTokens
  const temperature = number(body.temperature)
  if (temperature !== undefined) sampling.temperature = temperature
  const topP = number(body.top_p)
  if (topP !== undefined) sampling.topP = topP
  const topK = number(body.top_k)
  if (topK !== undefined) sampling.topK = topK
  if (Array.isArray(body.stop_sequences))
    sampling.stop = body.stop_sequences.filter(one => typeof one === 'string')
  return sampling
}

function decodeFormat(body: JsonObject): ConversationRequest['format'] {
  const wire = object(object(body.output_config)?.format) ?? object(body.output_format)
  const schema = object(wire?.schema)
  return wire?.type === 'json_schema' && schema
    ? { type: 'json', schema, strict: true }
    : { type: 'text' }
}

function decodeMessage(wire: JsonObject, issuer: string): Message {
  const role = wire.role === 'assistant' || wire.role === 'system' ? wire.role : 'user'
  return {
    role,
    parts: rememberedContent(wire.content, issuer),
    origin: 'anthropic',
    ...extended(without(wire, 'role', 'content')),
  }
}

function decodeTool(wire: JsonObject): Tool {
  const schema = object(wire.input_schema)
  if ((wire.type !== undefined && wire.type !== 'custom') || !schema) return serverTool(wire)
  const description = text(wire.description)
  const cache = object(wire.cache_control)
  return {
    type: 'function',
    name: text(wire.name) ?? '',
    ...(description === undefined ? {} : { description }),
    parameters: schema,
    ...(typeof wire.strict === 'boolean' ? { strict: wire.strict } : {}),
    ...(cache ? { cache: { ttl: cache.ttl === '1h' ? '1h' : '5m' } } : {}),
    ...extended(without(wire, 'name', 'description', 'input_schema', 'strict', 'cache_control')),
  }
}

/** Type without its date, and what others call it. */
const ABILITIES: readonly (readonly [RegExp, ServerAbility['name']])[] = [
  [/^web_search_/, 'web-search'],
  [/^web_fetch_/, 'web-fetch'],
  [/^code_execution_/, 'code-execution'],
]

function serverTool(wire: JsonObject): Tool {
  const type = text(wire.type) ?? ''
  const name = ABILITIES.find(([pattern]) => pattern.test(type))?.[1]
  if (!name) return { type: 'server', protocol: 'anthropic', wire }
  const maxUses = number(wire.max_uses)
  const allowedDomains = strings(wire.allowed_domains)
  const blockedDomains = strings(wire.blocked_domains)
  const does: ServerAbility = {
    name,
    ...(maxUses === undefined ? {} : { maxUses }),
    ...(allowedDomains ? { allowedDomains } : {}),
    ...(blockedDomains ? { blockedDomains } : {}),
  }
  return { type: 'server', protocol: 'anthropic', wire, does }
}

function strings(value: JsonValue | undefined): string[] | undefined {
  return Array.isArray(value) ? value.filter(one => typeof one === 'string') : undefined
}

function decodeToolChoice(wire: JsonObject | undefined): ConversationRequest['toolChoice'] {
  switch (wire?.type) {
    case 'any':
      return { mode: 'required' }
    case 'none':
      return { mode: 'none' }
    case 'tool':
      return { mode: 'tool', name: text(wire.name) ?? '' }
    default:
      return { mode: 'auto' }
  }
}

/** Strict: what the protocol documents, and the rest as losses. */
export function encodeRequest(
  request: ConversationRequest,
  to: Addressee,
): { wire: Wire; losses: Loss[] } {
  const losses: Loss[] = foreignLosses(request, 'anthropic')
  const own = request.extensions?.anthropic ?? {}
  const maxTokens = request.sampling.maxOutputTokens ?? DEFAULT_MAX_TOKENS
  const system = encodeSystem(request, to, losses)
  const messages = encodeMessages(request.messages, to, losses)
  const allowed = mayThink(request, messages, losses)
  const asWritten = allowed ? asWrittenThinking(request) : undefined
  const thinking =
    asWritten ??
    (allowed
      ? encodeThinking(request.thinking ?? { effort: 'none' }, to.model, maxTokens, losses)
      : {})
  const body: JsonObject = {
    model: to.model,
    max_tokens: maxTokens,
    ...(system === undefined ? {} : { system }),
    messages,
    ...without(own, 'output_format', 'output_config'),
    ...(asWrittenSampling(request, asWritten) ??
      encodeSampling(request.sampling, isOn(thinking), losses)),
    ...thinking,
    ...encodeTools(request, losses),
  }
  showThinking(body, request)
  const config: JsonObject = {
    ...object(own.output_config),
    ...object(thinking.output_config),
    ...(own.output_format === undefined ? formatOf(request.format) : {}),
  }
  if (request.thinking && !('thinking' in thinking)) delete config.effort
  delete body.output_config
  if (own.output_format !== undefined) body.output_format = own.output_format
  if (Object.keys(config).length > 0) body.output_config = config
  if (to.stream) body.stream = true
  cacheForeignPrefix(request, body)
  keepCacheMarkers(body)
  leaveOut(body, to, losses)
  return { wire: { path: '/v1/messages', headers: betaHeaders(request), body }, losses }
}

/** A beta's header and its body field go together. */
function betaHeaders({ format, tools }: ConversationRequest): Record<string, string> {
  const betas = new Set<string>()
  if (format.type === 'json' && format.schema) betas.add('structured-outputs-2025-12-15')
  for (const tool of tools) {
    if (tool.type !== 'server' || tool.protocol === 'anthropic') continue
    if (tool.does?.name === 'code-execution') betas.add('code-execution-2025-08-25')
    if (tool.does?.name === 'web-fetch') betas.add('web-fetch-2025-09-10')
  }
  return betas.size > 0 ? { 'anthropic-beta': [...betas].join(',') } : {}
}

function encodeSystem(
  { system }: ConversationRequest,
  to: Addressee,
  losses: Loss[],
): JsonValue | undefined {
  const asWritten = memory.recall(system)
  if (asWritten !== undefined) return asWritten
  const blocks = system.flatMap((part, index) => encodePart(part, to, `system[${index}]`, losses))
  return blocks.length > 0 ? blocks : undefined
}

/** The client's own members while nobody changed what they mean. */
function asWrittenThinking({ thinking, format }: ConversationRequest): JsonObject | undefined {
  const written = thinking && object(memory.recall(thinking))
  return written && memory.recall(format) !== undefined ? written : undefined
}

/** What goes with thinking depends on it, so the numbers stay as written only if it does. */
function asWrittenSampling(
  { thinking, sampling }: ConversationRequest,
  asWritten: JsonObject | undefined,
): JsonObject | undefined {
  return asWritten || !thinking ? object(memory.recall(sampling) ?? null) : undefined
}

/** Foreign clients say whether they want to see thoughts; here that is a member of the parameter. */
function showThinking(body: JsonObject, { thinking, showThinking: shown }: ConversationRequest) {
  const written = object(body.thinking)
  if (!written || written.type === 'disabled' || written.display !== undefined) return
  if (shown === undefined || (thinking && memory.recall(thinking))) return
  body.thinking = { ...written, display: shown ? 'summarized' : 'omitted' }
}

function encodeTools(request: ConversationRequest, losses: Loss[]): JsonObject {
  const { tools, toolChoice } = request
  const asWritten = memory.recall(tools)
  const wires =
    asWritten === undefined
      ? tools.flatMap((tool, index) => encodeTool(tool, `tools[${index}]`, losses) ?? [])
      : asWritten
  if (wires === null || (asWritten === undefined && tools.length === 0)) return {}
  const written = memory.recall(toolChoice)
  const choice = written === undefined ? encodeToolChoice(request) : written
  return { tools: wires, ...(choice ? { tool_choice: choice } : {}) }
}

/**
 * Clients of other protocols cannot mark what is to be cached, so an agent's long prompt would be
 * paid in full at every turn. Where one sends tools and no marker, its prefix and its latest turn
 * are marked for it.
 */
function cacheForeignPrefix({ messages }: ConversationRequest, body: JsonObject): void {
  const foreign = messages.some(({ origin }) => origin !== undefined && origin !== 'anthropic')
  if (!foreign || objects(body.tools).length === 0 || isMarked(body)) return
  const prefix = objects(body.system)
  const blocks = prefix.length > 0 ? prefix : objects(body.tools)
  const last = objects(objects(body.messages).at(-1)?.content).at(-1)
  for (const block of [blocks.at(-1), last])
    if (block && block.type !== 'thinking') block.cache_control = { type: 'ephemeral' }
}

function isMarked(body: JsonObject): boolean {
  return JSON.stringify([body.tools, body.system, body.messages]).includes('"cache_control"')
}

function formatOf(format: ConversationRequest['format']): JsonObject {
  return format.type === 'json' && format.schema
    ? { format: { type: 'json_schema', schema: format.schema } }
    : {}
}

function isOn(thinking: JsonObject): boolean {
  const type = object(thinking.thinking)?.type
  return type === 'enabled' || type === 'adaptive'
}

/**
 * Thinking needs a free choice of tools, and a sealed thinking block in front of the calls it is to
 * continue from. Without one the model answers without thinking rather than not at all.
 */
function mayThink(
  request: ConversationRequest,
  messages: readonly JsonObject[],
  losses: Loss[],
): boolean {
  if (!request.thinking) return false
  if ('effort' in request.thinking && request.thinking.effort === 'none') return true
  const { mode } = request.toolChoice
  if (request.tools.length > 0 && (mode === 'required' || mode === 'tool')) {
    losses.push({ path: 'thinking', reason: 'not allowed together with a forced tool' })
    return false
  }
  const last = messages.findLast(message => message.role === 'assistant')
  const blocks = objects(last?.content)
  const continuing =
    messages[messages.length - 1]?.role === 'user' &&
    objects(messages[messages.length - 1]?.content)[0]?.type === 'tool_result'
  if (
    continuing &&
    !isAsWritten(request.messages) &&
    blocks.some(({ type }) => type === 'tool_use') &&
    !blocks.some(({ type }) => type === 'thinking' || type === 'redacted_thinking')
  ) {
    losses.push({
      path: 'thinking',
      reason: 'the turn to continue has no reasoning sealed by this upstream',
    })
    return false
  }
  return true
}

/** What a client of this protocol sends unchanged is between it and the upstream. */
function isAsWritten(messages: readonly Message[]): boolean {
  const last = messages.findLast(({ role }) => role === 'assistant')
  return last?.origin === 'anthropic' && memory.recall(last.parts) !== undefined
}

function encodeSampling(sampling: Sampling, thinking: boolean, losses: Loss[]): JsonObject {
  const wire: JsonObject = {}
  const lost = (path: string, reason: string): void => void losses.push({ path, reason })
  const { temperature, topP, topK, stop } = sampling
  if (temperature !== undefined) {
    if (thinking && temperature !== 1) lost('temperature', 'not allowed together with thinking')
    else wire.temperature = Math.min(temperature, 1)
    if (temperature > 1) lost('temperature', 'at most 1 here')
  }
  if (topP !== undefined) {
    if (wire.temperature !== undefined && topP !== 1)
      lost('top_p', 'not allowed together with temperature')
    else if (topP !== 1 && !(thinking && topP < 0.95)) wire.top_p = topP
    else if (topP !== 1) lost('top_p', 'at least 0.95 while thinking')
  }
  if (topK !== undefined) {
    if (thinking) lost('top_k', 'not allowed together with thinking')
    else wire.top_k = topK
  }
  const said = stop?.filter(sequence => sequence.trim() !== '')
  if (said && said.length > 0) wire.stop_sequences = said
  for (const name of ['seed', 'presencePenalty', 'frequencyPenalty'] as const) {
    if (sampling[name]) lost(name, 'this protocol has no such parameter')
  }
  return wire
}

function encodeToolChoice({
  toolChoice,
  parallelTools,
}: ConversationRequest): JsonObject | undefined {
  const single = parallelTools === false ? { disable_parallel_tool_use: true } : {}
  switch (toolChoice.mode) {
    case 'required':
      return { type: 'any', ...single }
    case 'tool':
      return { type: 'tool', name: toolChoice.name, ...single }
    case 'none':
      return { type: 'none' }
    case 'auto':
      return parallelTools === false ? { type: 'auto', ...single } : undefined
  }
}

function encodeTool(tool: Tool, path: string, losses: Loss[]): JsonObject | undefined {
  if (tool.type === 'server') {
    if (tool.protocol === 'anthropic') return tool.wire
    const equivalent = encodeAbility(tool.does)
    if (equivalent) return equivalent
    const name =
      text(object(tool.wire.function)?.name) ??
      text(tool.wire.name) ??
      text(tool.wire.type) ??
      'tool'
    losses.push({ path, reason: `the server tool ${name} has no equivalent and was left out` })
    return undefined
  }
  if (tool.type === 'custom') {
    losses.push({ path, reason: `the free-text tool ${tool.name} has no equivalent` })
    return undefined
  }
  // The schema must be an object's, even of a tool that takes nothing.
  const schema =
    tool.parameters.type === undefined ? { type: 'object', ...tool.parameters } : tool.parameters
  return {
    name: tool.name,
    ...(tool.description === undefined ? {} : { description: tool.description }),
    input_schema: schema,
    ...(tool.strict === true ? { strict: true } : {}),
    ...(tool.cache ? { cache_control: cacheControl(tool.cache) } : {}),
    ...tool.extensions?.anthropic,
  }
}

const SERVER_TOOLS = {
  'web-search': { type: 'web_search_20250305', name: 'web_search' },
  'web-fetch': { type: 'web_fetch_20250910', name: 'web_fetch' },
  'code-execution': { type: 'code_execution_20250825', name: 'code_execution' },
} as const satisfies Record<ServerAbility['name'], JsonObject>

function encodeAbility(does: ServerAbility | undefined): JsonObject | undefined {
  if (!does) return undefined
  const { maxUses, allowedDomains, blockedDomains } = does
  if (does.name === 'code-execution') return { ...SERVER_TOOLS[does.name] }
  return {
    ...SERVER_TOOLS[does.name],
    ...(maxUses === undefined ? {} : { max_uses: maxUses }),
    ...(allowedDomains ? { allowed_domains: allowedDomains } : {}),
    ...(blockedDomains && !allowedDomains ? { blocked_domains: blockedDomains } : {}),
  }
}

function cacheControl({ ttl }: { ttl: '5m' | '1h' }): JsonObject {
  return ttl === '1h' ? { type: 'ephemeral', ttl } : { type: 'ephemeral' }
}

function encodeMessages(messages: readonly Message[], to: Addressee, losses: Loss[]): JsonObject[] {
  // One for one where every message is this protocol's own; else in the strictest form.
  const own = messages.length > 0 && messages.every(({ origin }) => origin === 'anthropic')
  const wires = (own ? messages : toTurns(messages.map(spoken))).flatMap((turn, index) => {
    const members = turn.extensions?.anthropic ?? {}
    const asWritten = memory.recall(turn.parts)
    if (asWritten !== undefined) return [{ role: turn.role, content: asWritten, ...members }]
    const content = turn.parts.flatMap((part, at) =>
      encodePart(part, to, `messages[${index}].content[${at}]`, losses),
    )
    return content.length > 0 ? [{ role: turn.role, content, ...members }] : []
  })
  if (own) return wires
  if (wires[0]?.role !== 'user')
    wires.unshift({ role: 'user', content: [{ type: 'text', text: 'Continue.' }] })
  return wires
}

/** A system message in the middle is this protocol's own only from its own clients. */
function spoken(message: Message): Message {
  return message.origin === 'anthropic' ? message : systemAsUser(message)
}

function encodePart(part: Part, to: Addressee, path: string, losses: Loss[]): JsonObject[] {
  const blocks = encodeBody(part, to, path, losses)
  const last = blocks[blocks.length - 1]
  if (part.cache && last) last.cache_control = cacheControl(part.cache)
  return blocks
}

function said(words: string, more: JsonObject = {}): JsonObject[] {
  return words.trim() === '' ? [] : [{ type: 'text', text: words, ...more }]
}

function encodeBody(part: Part, to: Addressee, path: string, losses: Loss[]): JsonObject[] {
  switch (part.type) {
    case 'text': {
      const citations = encodeCitations(part.citations)
      return said(part.text, {
        ...(citations.length > 0 ? { citations } : {}),
        ...part.extensions?.anthropic,
      })
    }
    case 'refusal':
      return said(part.text)
    case 'image':
    case 'document':
    case 'audio':
    case 'video': {
      const encoded = encodeMedia(part)
      if ('wire' in encoded) return [encoded.wire]
      losses.push({ path, reason: encoded.lost })
      return encoded.instead ? said(encoded.instead) : []
    }
    case 'thinking':
      return encodeSealed(part, to, path, losses)
    case 'thinking-redacted':
      if (isSealOf(part.seal, 'anthropic', to.issuer))
        return [{ type: 'redacted_thinking', data: part.seal.value }]
      losses.push({ path, reason: 'sealed reasoning can only go back to who sealed it' })
      return []
    case 'tool-call':
      return encodeCall(part, path, losses)
    case 'tool-result':
      return [encodeResult(part, to, path, losses)]
    case 'opaque':
      return encodeOpaque(part, path, losses)
  }
}

/** A wrong signature fails the whole request, so only what this upstream sealed goes back to it. */
function encodeSealed(
  part: PartOf<'thinking'>,
  to: Addressee,
  path: string,
  losses: Loss[],
): JsonObject[] {
  const { seal } = part
  if (isSealOf(seal, 'anthropic', to.issuer) && seal.value !== '') {
    return [
      {
        type: 'thinking',
        thinking: part.text,
        signature: seal.value,
        ...part.extensions?.anthropic,
      },
    ]
  }
  losses.push({
    path,
    reason: seal?.value ? 'reasoning sealed by another upstream' : 'reasoning without a seal',
  })
  return []
}

function encodeCall(part: PartOf<'tool-call'>, path: string, losses: Loss[]): JsonObject[] {
  if (part.runsOn === 'server') {
    losses.push({ path, reason: `a call another upstream ran itself (${part.name})` })
    return []
  }
  const input = argumentsObject(part.arguments)
  return [
    {
      type: 'tool_use',
      id: callId(part.id),
      name: part.name,
      input,
      ...part.extensions?.anthropic,
    },
  ]
}

/** Letters, digits, `_` and `-` only; the same id always becomes the same one. */
function callId(id: string): string {
  return /^[a-zA-Z0-9_-]+$/.test(id) ? id : `toolu_${Buffer.from(id).toString('base64url')}`
}

function encodeResult(
  part: PartOf<'tool-result'>,
  to: Addressee,
  path: string,
  losses: Loss[],
): JsonObject {
  const content = part.parts.flatMap((inner, index) =>
    encodePart(inner, to, `${path}.content[${index}]`, losses),
  )
  return {
    type: 'tool_result',
    tool_use_id: callId(part.callId),
    ...(content.length > 0 ? { content } : {}),
    ...(part.failed ? { is_error: true } : {}),
    ...part.extensions?.anthropic,
  }
}

function encodeOpaque(
  { protocol, wire }: PartOf<'opaque'>,
  path: string,
  losses: Loss[],
): JsonObject[] {
  if (protocol === 'anthropic' && !isOurStep(wire)) return [wire]
  losses.push({ path, reason: `${text(wire.type) ?? 'a part'} has no equivalent` })
  return said(text(wire.text) ?? '')
}

/** A step of another upstream that we told a client of this protocol; only that client may see it. */
function isOurStep(wire: JsonObject): boolean {
  const id = text(wire.id) ?? text(wire.tool_use_id)
  return id?.startsWith(OUR_STEP) === true
}

const MOST_CACHE_MARKERS = 4

/** Four markers are allowed; the last ones cover the most. */
function keepCacheMarkers(body: JsonObject): void {
  const marked: JsonObject[] = []
  const visit = (blocks: readonly JsonObject[]): void => {
    for (const block of blocks) {
      if (block.cache_control) marked.push(block)
      visit(objects(block.content))
    }
  }
  visit(objects(body.tools))
  visit(objects(body.system))
  visit(objects(body.messages))
  for (const block of marked.slice(0, Math.max(0, marked.length - MOST_CACHE_MARKERS)))
    delete block.cache_control
}
