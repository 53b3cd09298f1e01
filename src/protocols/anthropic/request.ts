import type { ConversationRequest, ThinkingIntent } from '../../conversation/index.ts'
import type { JsonObject, JsonValue } from '../../lib/json/json.ts'
import { object, objects, picked, without } from '../../lib/json/read-json.ts'
import { sourceMemory } from '../../lib/json/source-memory.ts'
import type { Addressee, Envelope, Loss, Wire } from '../codec.ts'
import { instructionsAsUser } from '../shared/first-words.ts'
import { foreignLosses, withRequestExtensions } from '../shared/foreign-members.ts'
import { omitUnsupported } from '../shared/omit-members.ts'
import { cacheForeignPrefix, keepCacheMarkers } from './cache.ts'
import { FOREIGN } from './foreign.ts'
import { encodeMessages, encodePart } from './message.ts'
import { decodeMessages, rememberedContent } from './part.ts'
import { fitPrefill } from './prefill.ts'
import { asWrittenSampling, decodeSampling, encodeSampling, SAMPLING } from './sampling.ts'
import { decodeThinking, isOn, showThoughts, thinkingMembers, wantsShown } from './thinking.ts'
import { decodeTool, decodeToolChoice, encodeTools } from './tool.ts'

const memory = sourceMemory('anthropic')

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

/** The protocol demands a cap, which other clients need not send. */
const DEFAULT_MAX_TOKENS = 32_000

export function decodeRequest(body: JsonObject, envelope: Envelope): ConversationRequest {
  const issuer = envelope.issuer ?? ''
  const choice = object(body.tool_choice)
  const thinking = decodeThinking(body)
  const showThinking = wantsShown(body)
  return {
    system: rememberedContent(body.system, issuer),
    messages: decodeMessages(body.messages, issuer),
    tools: memory.remember(objects(body.tools).map(decodeTool), body.tools ?? null),
    toolChoice: memory.remember(decodeToolChoice(choice), choice ?? null),
    parallelTools: choice?.disable_parallel_tool_use === true ? false : undefined,
    sampling: memory.remember(decodeSampling(body), picked(body, SAMPLING)),
    thinking: thinking ? memory.remember(thinking, picked(body, THINKING)) : undefined,
    showThinking,
    format: memory.remember(decodeFormat(body), picked(body, FORMAT)),
    ...withRequestExtensions('anthropic', ownMembers(body, thinking), FOREIGN),
  }
}

/** A thinking parameter that was not understood stays the client's own. */
function ownMembers(body: JsonObject, thinking: ThinkingIntent | undefined): JsonObject {
  const own = without(body, ...UNDERSTOOD)
  if (!thinking && body.thinking !== undefined) own.thinking = body.thinking
  return own
}

const THINKING = ['thinking', 'output_config']

const FORMAT = ['output_config', 'output_format']

function decodeFormat(body: JsonObject): ConversationRequest['format'] {
  const wire = object(object(body.output_config)?.format) ?? object(body.output_format)
  const schema = object(wire?.schema)
  return wire?.type === 'json_schema' && schema
    ? { type: 'json', schema, strict: true }
    : { type: 'text' }
}

/** Strict: what the protocol documents, and the rest as losses. */
export function encodeRequest(
  request: ConversationRequest,
  to: Addressee,
): { wire: Wire; losses: Loss[] } {
  const losses: Loss[] = foreignLosses(request, 'anthropic')
  const own = request.extensions?.anthropic ?? {}
  const maxTokens = request.sampling.maxOutputTokens ?? DEFAULT_MAX_TOKENS
  const spoken = encodeMessages(request.messages, to, losses)
  const alone = spoken.length === 0
  const system = alone ? undefined : encodeSystem(request, to, losses)
  const { model } = to
  const messages = alone
    ? [onlyMessage(instructionsAsUser(request, losses))]
    : fitPrefill(spoken, request.messages, model, losses)
  const { wire: thinking, asWritten } = thinkingMembers(
    request,
    messages,
    { model, maxTokens },
    losses,
  )
  const body: JsonObject = {
    model: to.model,
    max_tokens: maxTokens,
    system,
    messages,
    ...without(own, 'output_format', 'output_config'),
    ...(asWrittenSampling(request, asWritten) ??
      encodeSampling(request.sampling, isOn(thinking), losses)),
    ...thinking,
    ...encodeTools(request, losses),
  }
  showThoughts(body, request)
  const config: JsonObject = {
    ...object(own.output_config),
    ...object(thinking.output_config),
    ...(own.output_format === undefined ? formatOf(request.format) : {}),
  }
  // An effort we could read is in `thinking`, as far as this model can be asked for it.
  if (!('output_config' in thinking) && own.thinking === undefined) delete config.effort
  delete body.output_config
  if (own.output_format !== undefined) body.output_format = own.output_format
  else if (request.format.type === 'json' && !request.format.schema)
    losses.push({
      path: 'response_format',
      reason: 'JSON without a schema cannot be asked for here',
    })
  if (Object.keys(config).length > 0) body.output_config = config
  if (to.stream) body.stream = true
  cacheForeignPrefix(request, body)
  keepCacheMarkers(body)
  if (to.quirks.unsupported) omitUnsupported(body, to.quirks.unsupported, losses)
  return { wire: { path: '/v1/messages', headers: betaHeaders(request), body }, losses }
}

function onlyMessage(text: string): JsonObject {
  return { role: 'user', content: [{ type: 'text', text }] }
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

function formatOf(format: ConversationRequest['format']): JsonObject {
  return format.type === 'json' && format.schema
    ? { format: { type: 'json_schema', schema: format.schema } }
    : {}
}
