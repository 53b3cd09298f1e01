import type {
  ConversationRequest,
  Message,
  Part,
  PartOf,
  Sampling,
} from '../../conversation/index.ts'
import { toTurns } from '../../conversation/turns.ts'
import type { JsonObject, JsonValue } from '../../lib/json.ts'
import { number, object, objects, text, without } from '../../lib/wire.ts'
import type { Addressee, Envelope, Loss, Wire } from '../codec.ts'
import { extended } from './extended.ts'
import { decodeContent, encodeMedia } from './part.ts'
import { decodeThinking, encodeThinking, isReasoningModel } from './thinking.ts'
import {
  decodeFunction,
  decodeTool,
  decodeToolChoice,
  encodeTool,
  encodeToolChoice,
  toolName,
} from './tool.ts'

const UNDERSTOOD = [
  'model',
  'messages',
  'stream',
  'tools',
  'functions',
  'tool_choice',
  'function_call',
  'parallel_tool_calls',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'top_k',
  'seed',
  'stop',
  'presence_penalty',
  'frequency_penalty',
  'reasoning_effort',
  'reasoning',
  'response_format',
]

export function decodeRequest(body: JsonObject, envelope: Envelope): ConversationRequest {
  const wires = objects(body.messages)
  const leading = wires.findIndex(({ role }) => role !== 'system' && role !== 'developer')
  const head = leading === -1 ? wires : wires.slice(0, leading)
  const thinking = decodeThinking(body)
  const developer = head.some(({ role }) => role === 'developer')
  return {
    system: head.flatMap(({ content }) => decodeContent(content)),
    messages: wires.slice(head.length).map(wire => decodeMessage(wire, envelope)),
    tools: [
      ...objects(body.tools).map(decodeTool),
      ...objects(body.functions).map(wire => decodeFunction(wire)),
    ],
    toolChoice: decodeToolChoice(body),
    ...(typeof body.parallel_tool_calls === 'boolean'
      ? { parallelTools: body.parallel_tool_calls }
      : {}),
    sampling: decodeSampling(body),
    ...(thinking ? { thinking } : {}),
    format: decodeFormat(object(body.response_format)),
    ...extended({
      ...without(body, ...UNDERSTOOD),
      ...(developer ? { 'system.role': 'developer' } : {}),
    }),
  }
}

function decodeSampling(body: JsonObject): Sampling {
  const sampling: Sampling = {}
  const put = (name: Exclude<keyof Sampling, 'stop'>, value: number | undefined): void => {
    if (value !== undefined) sampling[name] = value
  }
  put('maxOutputTokens', number(body.max_completion_tokens) ?? number(body.max_tokens))
  put('temperature', number(body.temperature))
  put('topP', number(body.top_p))
  put('topK', number(body.top_k))
  put('seed', number(body.seed))
  put('presencePenalty', number(body.presence_penalty))
  put('frequencyPenalty', number(body.frequency_penalty))
  const stop = typeof body.stop === 'string' ? [body.stop] : body.stop
  if (Array.isArray(stop)) sampling.stop = stop.filter(sequence => typeof sequence === 'string')
  return sampling
}

function decodeFormat(wire: JsonObject | undefined): ConversationRequest['format'] {
  if (wire?.type === 'json_object') return { type: 'json' }
  const declared = object(wire?.json_schema)
  if (wire?.type !== 'json_schema' || !declared) return { type: 'text' }
  const schema = object(declared.schema)
  const name = text(declared.name)
  return {
    type: 'json',
    ...(schema ? { schema } : {}),
    ...(name === undefined ? {} : { name }),
    ...(typeof declared.strict === 'boolean' ? { strict: declared.strict } : {}),
  }
}

function decodeMessage(wire: JsonObject, envelope: Envelope): Message {
  switch (wire.role) {
    case 'assistant':
      return decodeAssistant(wire, envelope)
    case 'tool':
    case 'function':
      return decodeResult(wire)
    case 'system':
    case 'developer':
      return {
        role: 'system',
        parts: decodeContent(wire.content),
        ...extended(without(wire, 'content')),
      }
    default:
      return {
        role: 'user',
        parts: decodeContent(wire.content),
        ...extended(without(wire, 'role', 'content')),
      }
  }
}

function decodeResult(wire: JsonObject): Message {
  const callId = text(wire.tool_call_id) ?? text(wire.name) ?? ''
  const result: Part = {
    type: 'tool-result',
    callId,
    parts: decodeContent(wire.content),
    failed: false,
    runsOn: 'client',
  }
  return { role: 'user', parts: [result] }
}

const REASONING = ['reasoning_content', 'reasoning', 'reasoning_details']

function decodeAssistant(wire: JsonObject, envelope: Envelope): Message {
  const parts = decodeReasoning(wire, envelope)
  parts.push(...decodeContent(wire.content))
  const refusal = text(wire.refusal)
  if (refusal) parts.push({ type: 'refusal', text: refusal })
  parts.push(...decodeCalls(wire))
  const rest = without(
    wire,
    'role',
    'content',
    'refusal',
    'tool_calls',
    'function_call',
    ...REASONING,
  )
  return { role: 'assistant', parts, ...extended(rest) }
}

/** Earlier reasoning; several members may carry the same text, and details may carry seals. */
export function decodeReasoning(wire: JsonObject, { issuer }: { issuer?: string }): Part[] {
  const words = text(wire.reasoning_content) ?? text(wire.reasoning)
  const details = objects(wire.reasoning_details)
  if (!words && details.length === 0) return []
  const told =
    words ?? details.map(detail => text(detail.text) ?? text(detail.summary) ?? '').join('')
  const carried: JsonObject = {}
  for (const name of REASONING) {
    const value = wire[name]
    if (value !== undefined && value !== null) carried[name] = value
  }
  const signature = details.map(detail => text(detail.signature)).find(value => value !== undefined)
  return [
    {
      type: 'thinking',
      text: told,
      ...(signature === undefined
        ? {}
        : { seal: { issuer: issuer ?? 'openai-chat', value: signature } }),
      ...extended(carried),
    },
  ]
}

export function decodeCalls(wire: JsonObject): Part[] {
  const calls: Part[] = objects(wire.tool_calls).map((call, index) => {
    const declared = object(call.function) ?? object(call.custom) ?? {}
    const custom = call.type === 'custom'
    return {
      type: 'tool-call',
      id: text(call.id) ?? `call_${index}`,
      name: text(declared.name) ?? '',
      arguments: argumentsText(custom ? declared.input : declared.arguments),
      runsOn: 'client',
      ...extended({
        ...(custom ? { custom: true } : {}),
        ...without(call, 'id', 'type', 'function', 'custom', 'index'),
      }),
    }
  })
  const old = object(wire.function_call)
  const name = text(old?.name)
  // Before calls had ids, results were matched by name.
  if (old && name)
    calls.push({
      type: 'tool-call',
      id: name,
      name,
      arguments: argumentsText(old.arguments),
      runsOn: 'client',
    })
  return calls
}

function argumentsText(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Strict: what the protocol documents, and the rest as losses. */
export function encodeRequest(
  request: ConversationRequest,
  to: Addressee,
): { wire: Wire; losses: Loss[] } {
  const losses: Loss[] = []
  const own = request.extensions?.['openai-chat'] ?? {}
  const tools = request.tools.flatMap(
    (tool, index) => encodeTool(tool, `tools[${index}]`, losses) ?? [],
  )
  const body: JsonObject = {
    model: to.model,
    messages: encodeMessages(request, to, losses),
    ...without(own, 'system.role', 'stream_options'),
    ...encodeSampling(request, to, losses),
    ...encodeThinking(request.thinking, to, losses),
    ...encodeFormat(request.format),
  }
  if (tools.length > 0) {
    body.tools = tools
    if (request.toolChoice.mode !== 'auto') body.tool_choice = encodeToolChoice(request.toolChoice)
    if (request.parallelTools !== undefined) body.parallel_tool_calls = request.parallelTools
  }
  if (to.stream) {
    body.stream = true
    if (to.quirks.streamUsage !== false)
      body.stream_options = { ...object(own.stream_options), include_usage: true }
  }
  for (const member of to.quirks.unsupported ?? []) {
    if (body[member] === undefined) continue
    delete body[member]
    if (member !== 'stream_options')
      losses.push({ path: member, reason: 'this upstream does not take it' })
  }
  return { wire: { path: '/chat/completions', headers: {}, body }, losses }
}

function encodeSampling(
  { sampling }: ConversationRequest,
  to: Addressee,
  losses: Loss[],
): JsonObject {
  const wire: JsonObject = {}
  const reasoning =
    isReasoningModel(to.model) && to.quirks.maxTokensField === 'max_completion_tokens'
  const put = (name: string, value: number | undefined, refused = false): void => {
    if (value === undefined) return
    if (refused) losses.push({ path: name, reason: `${to.model} does not take it` })
    else wire[name] = value
  }
  put(to.quirks.maxTokensField ?? 'max_tokens', sampling.maxOutputTokens)
  put('temperature', sampling.temperature, reasoning && sampling.temperature !== 1)
  put('top_p', sampling.topP, reasoning && sampling.topP !== 1)
  put('top_k', sampling.topK, to.quirks.maxTokensField === 'max_completion_tokens')
  put('seed', sampling.seed)
  put('presence_penalty', sampling.presencePenalty, reasoning)
  put('frequency_penalty', sampling.frequencyPenalty, reasoning)
  if (sampling.stop && sampling.stop.length > 0) {
    wire.stop = sampling.stop.slice(0, 4)
    if (sampling.stop.length > 4)
      losses.push({ path: 'stop', reason: 'only four stop sequences can be sent' })
  }
  return wire
}

function encodeFormat(format: ConversationRequest['format']): JsonObject {
  if (format.type === 'text') return {}
  if (!format.schema) return { response_format: { type: 'json_object' } }
  const { schema, name, strict } = format
  return {
    response_format: {
      type: 'json_schema',
      json_schema: { name: name ?? 'reply', schema, ...(strict === undefined ? {} : { strict }) },
    },
  }
}

function encodeMessages(request: ConversationRequest, to: Addressee, losses: Loss[]): JsonObject[] {
  const role =
    request.extensions?.['openai-chat']?.['system.role'] === 'developer'
      ? 'developer'
      : (to.quirks.systemRole ?? 'system')
  const system = request.system.flatMap(part =>
    part.type === 'text' && isSaid(part.text) && !isBilling(part.text) ? [part.text] : [],
  )
  const messages: JsonObject[] = system.length > 0 ? [{ role, content: system.join('\n\n') }] : []
  for (const [index, turn] of toTurns(request.messages).entries()) {
    const path = `messages[${index}]`
    if (turn.role === 'assistant') messages.push(...encodeAssistant(turn, to, path, losses))
    else if (turn.role === 'system') messages.push(...encodeSystem(turn, role))
    else messages.push(...encodeUser(turn, path, losses))
  }
  return messages
}

function isSaid(text: string): boolean {
  return text.trim() !== ''
}

/** A line Claude Code puts first for its own vendor's accounts; elsewhere it only spoils caches. */
function isBilling(text: string): boolean {
  return text.startsWith('x-anthropic-billing-header:')
}

function encodeSystem({ parts }: Message, role: string): JsonObject[] {
  const said = parts.flatMap(part => (part.type === 'text' && isSaid(part.text) ? [part.text] : []))
  return said.length > 0 ? [{ role, content: said.join('\n\n') }] : []
}

function encodeUser({ parts, extensions }: Message, path: string, losses: Loss[]): JsonObject[] {
  const results = parts.filter(part => part.type === 'tool-result')
  const attached: JsonObject[] = []
  const messages = results.map(result =>
    encodeResult(result, `${path}.${result.callId}`, attached, losses),
  )
  const rest = parts.filter(part => part.type !== 'tool-result')
  const content = [...attached, ...encodeContent(rest, path, losses)]
  if (content.length > 0)
    messages.push({ role: 'user', content: simplest(content), ...extensions?.['openai-chat'] })
  return messages
}

/** Tool messages hold text; pictures go beside it into the user message that follows. */
function encodeResult(
  result: PartOf<'tool-result'>,
  path: string,
  attached: JsonObject[],
  losses: Loss[],
): JsonObject {
  const words: string[] = []
  for (const wire of encodeContent(result.parts, path, losses)) {
    const said = text(wire.text)
    if (wire.type === 'text' && said !== undefined) words.push(said)
    else {
      words.push(`[${String(wire.type).replace('_url', '')} attached below]`)
      attached.push(wire)
    }
  }
  const content = words.join('\n')
  const failed = result.failed && !/^\W*error/i.test(content)
  return {
    role: 'tool',
    tool_call_id: result.callId,
    content: failed ? `Error: ${content}` : content,
  }
}

/** One text is sent as a string, which every service takes. */
function simplest(content: JsonObject[]): JsonValue {
  const [only] = content
  if (content.length === 1 && only?.type === 'text' && Object.keys(only).length === 2)
    return only.text ?? ''
  return content
}

function encodeContent(parts: readonly Part[], path: string, losses: Loss[]): JsonObject[] {
  return parts.flatMap((part, index) => encodePart(part, `${path}.content[${index}]`, losses))
}

function said(text: string): JsonObject[] {
  return isSaid(text) ? [{ type: 'text', text }] : []
}

function encodePart(part: Part, path: string, losses: Loss[]): JsonObject[] {
  switch (part.type) {
    case 'text':
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
    case 'opaque':
      return encodeOpaque(part, path, losses)
    case 'thinking':
    case 'thinking-redacted':
    case 'tool-call':
    case 'tool-result':
      losses.push({ path, reason: `${part.type} cannot stand here` })
      return []
  }
}

function encodeOpaque(
  { protocol, wire }: PartOf<'opaque'>,
  path: string,
  losses: Loss[],
): JsonObject[] {
  if (protocol === 'openai-chat') return [wire]
  if (wire.type === 'tool_reference') return said(`Tool ${text(wire.tool_name) ?? ''} is loaded.`)
  losses.push({ path, reason: `${text(wire.type) ?? 'a block'} has no equivalent` })
  return said(text(wire.text) ?? '')
}

function encodeAssistant(turn: Message, to: Addressee, path: string, losses: Loss[]): JsonObject[] {
  const own = turn.extensions?.['openai-chat'] ?? {}
  const wire: JsonObject = { role: 'assistant', ...own }
  const reasoning: string[] = []
  const content: JsonObject[] = []
  const calls: JsonObject[] = []
  for (const [index, part] of turn.parts.entries()) {
    const at = `${path}.content[${index}]`
    if (part.type === 'thinking') reasoning.push(part.text)
    else if (part.type === 'thinking-redacted')
      losses.push({ path: at, reason: 'sealed reasoning can only go back to who sealed it' })
    else if (part.type === 'tool-call' && part.runsOn === 'client') calls.push(encodeCall(part))
    else if (part.type === 'tool-call')
      losses.push({ path: at, reason: `a call the upstream ran itself (${part.name})` })
    else content.push(...encodePart(part, at, losses))
  }
  const field = to.quirks.reasoningField
  if (reasoning.some(isSaid)) {
    if (field) wire[field] = reasoning.join('\n')
    else losses.push({ path, reason: 'earlier reasoning cannot be said to this upstream' })
  }
  // Plain text is joined: not every service takes parts in assistant messages.
  const words = content.flatMap(one => (one.type === 'text' ? [text(one.text) ?? ''] : []))
  if (words.length > 0)
    wire.content = words.length === content.length ? words.join('\n\n') : content
  else wire.content = calls.length > 0 ? null : ''
  if (calls.length > 0) wire.tool_calls = calls
  else if (content.length === 0) return []
  return [wire]
}

export function encodeCall(part: PartOf<'tool-call'>): JsonObject {
  if (part.extensions?.['openai-chat']?.custom === true) {
    return {
      id: part.id,
      type: 'custom',
      custom: { name: toolName(part.name), input: part.arguments },
    }
  }
  return {
    id: part.id,
    type: 'function',
    function: { name: toolName(part.name), arguments: part.arguments || '{}' },
  }
}
