import {
  type ConversationRequest,
  type Effort,
  effortOf,
  type Message,
  type Part,
  type Sampling,
  type ThinkingIntent,
  type Tool,
  thinkingSupport,
} from '../../conversation/index.ts'
import type { JsonObject, JsonValue } from '../../lib/json/json.ts'
import { flag, number, object, objects, picked, text, without } from '../../lib/json/read-json.ts'
import { sourceMemory } from '../../lib/json/source-memory.ts'
import type { Addressee, Envelope, Loss, Wire } from '../codec.ts'
import { instructionsAsUser } from '../shared/first-words.ts'
import {
  type ForeignRules,
  foreignLosses,
  unknownWord,
  withRequestExtensions,
} from '../shared/foreign-members.ts'
import { omitUnsupported } from '../shared/omit-members.ts'
import { decodeReplyFormat } from '../shared/openai/request-words.ts'
import { systemTexts } from '../shared/system-text.ts'
import { conversationItems } from './compaction.ts'
import { decodeContent } from './content.ts'
import { decodeItems, instructionParts, itemsOf, leadingItems, toolsInside } from './input.ts'
import { encodeItems } from './output.ts'
import { decodeToolChoice, decodeTools, encodeToolChoice, encodeTools } from './tool.ts'

const memory = sourceMemory('openai-responses')

const UNDERSTOOD = [
  'model',
  'input',
  'instructions',
  'stream',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'max_output_tokens',
  'temperature',
  'top_p',
  'reasoning',
  'text',
  'prompt_cache_key',
]
const SAMPLING = ['max_output_tokens', 'temperature', 'top_p']

const FOREIGN: ForeignRules = {
  ignorable: [
    'store',
    'include',
    'metadata',
    'user',
    'safety_identifier',
    'service_tier',
    'client_metadata',
    'stream_options',
    'prompt_cache_retention',
    'prompt_cache_options',
    'truncation',
    'previous_response_id',
    'generate',
    'background',
    'reasoning',
  ],
}

export function decodeRequest(body: JsonObject, envelope: Envelope): ConversationRequest {
  const items = conversationItems(itemsOf(body.input))
  const leading = leadingItems(items)
  const thinking = decodeThinking(object(body.reasoning))
  const cacheKey = text(body.prompt_cache_key)
  const verbosity = text(object(body.text)?.verbosity)
  const parallel = body.parallel_tool_calls
  return {
    system: decodeSystem(body, items.slice(0, leading)),
    messages: decodeMessages(body.input, items.slice(leading), envelope.issuer ?? ''),
    tools: memory.remember(
      onceEach(decodeTools([...objects(body.tools), ...toolsInside(items)])),
      body.tools ?? null,
    ),
    toolChoice: memory.remember(decodeToolChoice(body.tool_choice), body.tool_choice ?? null),
    parallelTools: flag(parallel),
    sampling: memory.remember(decodeSampling(body), picked(body, SAMPLING)),
    thinking: thinking ? memory.remember(thinking, body.reasoning ?? null) : undefined,
    showThinking: text(object(body.reasoning)?.summary) === undefined ? undefined : true,
    cacheKey,
    verbosity,
    format: memory.remember(decodeFormat(object(body.text)), body.text ?? null),
    ...withRequestExtensions('openai-responses', ownMembers(body, thinking), FOREIGN),
  }
}

/** A `reasoning` member without an effort stays the client's own. */
function ownMembers(body: JsonObject, thinking: ThinkingIntent | undefined): JsonObject {
  const own = without(body, ...UNDERSTOOD)
  if (!thinking && body.reasoning !== undefined) own.reasoning = body.reasoning
  return own
}

/** The first declaration of each: a search may find what is declared, or was found before. */
function onceEach(tools: readonly Tool[]): Tool[] {
  const seen = new Set<string>()
  return tools.filter(tool => {
    if (tool.type === 'server') return true
    const name = JSON.stringify([tool.namespace, tool.name])
    return !seen.has(name) && seen.add(name)
  })
}

function decodeMessages(
  input: JsonValue | undefined,
  items: readonly JsonObject[],
  issuer: string,
): Message[] {
  const messages = decodeItems(items, issuer)
  return typeof input === 'string' ? memory.remember(messages, input) : messages
}

/** Instructions, and the items at the beginning that are such. */
function decodeSystem(body: JsonObject, leading: JsonObject[]): Part[] {
  const parts = [...decodeContent(body.instructions), ...leading.flatMap(instructionParts)]
  return memory.remember(parts, { ...picked(body, ['instructions']), input: leading })
}

function decodeSampling(body: JsonObject): Sampling {
  const maxOutputTokens = number(body.max_output_tokens)
  const temperature = number(body.temperature)
  const topP = number(body.top_p)
  return {
    maxOutputTokens,
    temperature,
    topP,
  }
}

const EFFORTS = new Set<string>(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'])

/** An unknown level asks for thinking, so it counts as `high`. */
function decodeThinking(reasoning: JsonObject | undefined): ThinkingIntent | undefined {
  const effort = text(reasoning?.effort)
  if (effort === undefined) return undefined
  if (EFFORTS.has(effort)) return { effort: effort as Effort }
  const high: ThinkingIntent = { effort: 'high' }
  return unknownWord(high, 'openai-responses', 'reasoning.effort', { word: effort, taken: 'high' })
}

function decodeFormat(wire: JsonObject | undefined): ConversationRequest['format'] {
  const format = object(wire?.format)
  const declared = object(format?.schema) && format
  return decodeReplyFormat(format?.type, declared, 'openai-responses', 'text.format.type')
}

/** Strict: what the protocol documents and the client's own members, and the rest as losses. */
export function encodeRequest(
  request: ConversationRequest,
  to: Addressee,
): { wire: Wire; losses: Loss[] } {
  const losses: Loss[] = foreignLosses(request, 'openai-responses')
  const { instructions, input } = encodeWords(request, to, losses)
  const thinking = encodeThinking(request, to, losses)
  const body: JsonObject = {
    model: to.model,
    instructions,
    input,
    ...encodeStateless(request, to),
    ...request.extensions?.['openai-responses'],
    ...encodeSampling(request, to, thinking, losses),
    ...(thinking ? { reasoning: thinking } : {}),
    ...encodeText(request),
    ...encodeToolUse(request, losses),
    ...encodeCacheKey(request, to),
  }
  if (to.stream) body.stream = true
  if (to.quirks.unsupported) omitUnsupported(body, to.quirks.unsupported, losses)
  return { wire: { path: '/responses', headers: {}, body }, losses }
}

/** Instructions and input. Without any item the instructions are the input: one of it is demanded. */
function encodeWords(
  request: ConversationRequest,
  to: Addressee,
  losses: Loss[],
): { instructions?: JsonValue; input: JsonValue } {
  const { instructions, input } = encodeSystem(request)
  const instructed = instructions === undefined ? {} : { instructions }
  const asWritten = memory.recall(request.messages)
  if (asWritten !== undefined) return { ...instructed, input: asWritten }
  const items = [...input, ...encodeItems(request.messages, to, losses)]
  if (items.length > 0) return { ...instructed, input: items }
  const words = instructionsAsUser(request, losses)
  return {
    input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: words }] }],
  }
}

function encodeSystem({ system }: ConversationRequest): {
  instructions?: JsonObject[string]
  input: JsonObject[]
} {
  const written = object(memory.recall(system))
  if (written) {
    const { instructions } = written
    return {
      instructions,
      input: objects(written.input),
    }
  }
  const texts = systemTexts(system)
  return texts.length > 0 ? { instructions: texts.join('\n\n'), input: [] } : { input: [] }
}

/** Clients of other protocols send the whole history each time, so the upstream needs to store none. */
function encodeStateless(request: ConversationRequest, to: Addressee): JsonObject {
  if (memory.recall(request.system) !== undefined) return {}
  const thinks = thinkingSupport(to.model)?.never !== true
  return { store: false, ...(thinks ? { include: ['reasoning.encrypted_content'] } : {}) }
}

const LEAST_OUTPUT = 16

function encodeSampling(
  { sampling, thinking }: ConversationRequest,
  to: Addressee,
  reasoning: JsonObject | undefined,
  losses: Loss[],
): JsonObject {
  const written = memory.recall(sampling)
  const asWritten = !thinking || memory.recall(thinking) !== undefined
  if (written !== undefined && asWritten) return object(written) ?? {}
  const support = thinkingSupport(to.model)
  const thinks = support && !support.never && reasoning?.effort !== 'none'
  const wire: JsonObject = {}
  const { maxOutputTokens, temperature, topP } = sampling
  if (maxOutputTokens !== undefined)
    wire.max_output_tokens = Math.max(maxOutputTokens, LEAST_OUTPUT)
  for (const [name, value] of [
    ['temperature', temperature],
    ['top_p', topP],
  ] as const) {
    if (value === undefined) continue
    if (!thinks) wire[name] = value
    else if (value !== 1) losses.push({ path: name, reason: `${to.model} does not take it` })
  }
  for (const name of ['topK', 'seed', 'presencePenalty', 'frequencyPenalty'] as const)
    if (sampling[name]) losses.push({ path: name, reason: 'this protocol has no such parameter' })
  if (sampling.stop && sampling.stop.length > 0)
    losses.push({ path: 'stop', reason: 'this protocol has no stop sequences' })
  return wire
}

function encodeThinking(
  { thinking, showThinking }: ConversationRequest,
  to: Addressee,
  losses: Loss[],
): JsonObject | undefined {
  if (!thinking) return undefined
  const written = object(memory.recall(thinking) ?? null)
  if (written) return written
  const effort = effortOf(thinking)
  if (thinkingSupport(to.model)?.never) {
    if (effort !== 'none')
      losses.push({ path: 'thinking', reason: `${to.model} takes no thinking parameter` })
    return undefined
  }
  return {
    ...(effort === 'auto' ? {} : { effort }),
    ...(effort === 'none' || showThinking === false ? {} : { summary: 'auto' }),
  }
}

function encodeText({ format, verbosity }: ConversationRequest): JsonObject {
  const written = memory.recall(format)
  if (written !== undefined) return written === null ? {} : { text: written }
  if (format.type === 'text' && verbosity === undefined) return {}
  return {
    text: { format: format.type === 'text' ? undefined : encodeFormat(format), verbosity },
  }
}

function encodeFormat(
  format: Extract<ConversationRequest['format'], { type: 'json' }>,
): JsonObject {
  if (!format.schema) return { type: 'json_object' }
  const { schema, name, strict } = format
  return { type: 'json_schema', name: name ?? 'reply', schema, strict: strict ?? false }
}

function encodeToolUse(request: ConversationRequest, losses: Loss[]): JsonObject {
  const { tools, toolChoice, parallelTools } = request
  const written = memory.recall(tools)
  const wires = written === undefined ? encodeTools(tools, losses) : written
  const single = parallelTools === undefined ? {} : { parallel_tool_calls: parallelTools }
  const writtenChoice = memory.recall(toolChoice)
  if (writtenChoice !== undefined && written !== undefined)
    return {
      ...(wires === null ? {} : { tools: wires }),
      ...(writtenChoice === null ? {} : { tool_choice: writtenChoice }),
      ...single,
    }
  if (!Array.isArray(wires) || wires.length === 0) return {}
  return {
    tools: wires,
    ...(toolChoice.mode === 'auto' ? {} : { tool_choice: encodeToolChoice(toolChoice, tools) }),
    ...single,
  }
}

/** What groups requests of one session: as the client named it, or the session itself. */
function encodeCacheKey({ cacheKey }: ConversationRequest, to: Addressee): JsonObject {
  const key = cacheKey ?? (to.quirks.promptCacheKey ? to.session : undefined)
  return key ? { prompt_cache_key: cacheKey ?? key.slice(0, 64) } : {}
}
