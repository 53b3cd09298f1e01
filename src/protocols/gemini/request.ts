import {
  budgetFor,
  type ConversationRequest,
  type Effort,
  effortFor,
  type Part,
  type Sampling,
  type ThinkingIntent,
  thinkingSupport,
} from '../../conversation/index.ts'
import { type JsonObject, type JsonValue, jsonEntries } from '../../lib/json/json.ts'
import { object, text } from '../../lib/json/read-json.ts'
import { sourceMemory } from '../../lib/json/source-memory.ts'
import { table } from '../../lib/json/table.ts'
import type { Addressee, Envelope, Loss, Wire } from '../codec.ts'
import { instructionsAsUser } from '../shared/first-words.ts'
import {
  type ForeignRules,
  foreignLosses,
  unknownWord,
  withRequestExtensions,
} from '../shared/foreign-members.ts'
import { omitUnsupported } from '../shared/omit-members.ts'
import { systemTexts } from '../shared/system-text.ts'
import { enumName } from './enums.ts'
import { flagOf, numberOf, objectsOf, textsOf } from './lenient.ts'
import { decodeContents, encodeContents, partsOf } from './message.ts'
import { member, others, picked } from './names.ts'
import { decodePart } from './part.ts'
import { pathFor } from './path.ts'
import { type SchemaWriter, schemaWriter } from './schema/encode.ts'
import { liftSchema } from './schema/lift.ts'
import { decodeToolChoice, decodeTools, encodeToolChoice, encodeTools } from './tool.ts'

const memory = sourceMemory('gemini')

const UNDERSTOOD = [
  'contents',
  'systemInstruction',
  'tools',
  'toolConfig',
  'generationConfig',
  // The path names it; some clients put it here too.
  'model',
]
const FORMAT = ['responseMimeType', 'responseSchema', 'responseJsonSchema']

const FOREIGN: ForeignRules = {
  ignorable: ['session_id', 'safetySettings', 'labels', 'model'],
}

export function decodeRequest(body: JsonObject, envelope: Envelope): ConversationRequest {
  // Where tokens are counted, the request may stand in a member of its own.
  const counted = object(member(body, 'generateContentRequest'))
  if (counted) return decodeRequest(counted, envelope)
  const issuer = envelope.issuer ?? ''
  const config = object(member(body, 'generationConfig'))
  const choice = object(member(body, 'toolConfig'))
  const thinkingConfig = object(member(config, 'thinkingConfig'))
  const thinking = decodeThinking(thinkingConfig)
  const shown = flagOf(member(thinkingConfig, 'includeThoughts'))
  return {
    system: decodeSystem(member(body, 'systemInstruction'), issuer),
    messages: decodeContents(body.contents, issuer),
    tools: memory.remember(decodeTools(objectsOf(body.tools)), body.tools ?? null),
    toolChoice: memory.remember(decodeToolChoice(choice), choice ?? null),
    sampling: memory.remember(
      decodeSampling(config),
      config ? others(config, [...FORMAT, ...(thinking ? ['thinkingConfig'] : [])]) : null,
    ),
    thinking: thinking ? memory.remember(thinking, thinkingConfig ?? null) : undefined,
    showThinking: shown,
    format: memory.remember(decodeFormat(config), picked(config, FORMAT)),
    ...withRequestExtensions('gemini', others(body, UNDERSTOOD), FOREIGN),
  }
}

function decodeSystem(wire: JsonValue | undefined, issuer: string): Part[] {
  if (wire === undefined) return []
  const content = typeof wire === 'string' ? { parts: [{ text: wire }] } : (object(wire) ?? {})
  const parts = partsOf(content).flatMap(part => decodePart(part, issuer))
  return memory.remember(
    parts.filter(part => part.type !== 'carrier'),
    wire,
  )
}

function decodeSampling(config: JsonObject | undefined): Sampling {
  const sampling: Sampling = {}
  const set = (name: keyof Omit<Sampling, 'stop'>, wire: string): void => {
    const value = numberOf(member(config, wire))
    if (value !== undefined) sampling[name] = value
  }
  set('maxOutputTokens', 'maxOutputTokens')
  set('temperature', 'temperature')
  set('topP', 'topP')
  set('topK', 'topK')
  set('seed', 'seed')
  set('presencePenalty', 'presencePenalty')
  set('frequencyPenalty', 'frequencyPenalty')
  const stop = textsOf(member(config, 'stopSequences'))
  if (stop) sampling.stop = stop
  return sampling
}

const LEVELS = table<Effort>({
  MINIMAL: 'minimal',
  LOW: 'low',
  MEDIUM: 'medium',
  HIGH: 'high',
})

const UNSPECIFIED = 'THINKING_LEVEL_UNSPECIFIED'
const LEVEL_NUMBERS = [UNSPECIFIED, 'LOW', 'MEDIUM', 'HIGH', 'MINIMAL']

/** An unknown level asks for thinking, so it counts as `high`. */
function intentOf(level: string): ThinkingIntent {
  const effort = LEVELS[level]
  if (effort) return { effort }
  const path = 'generationConfig.thinkingConfig.thinkingLevel'
  return unknownWord({ effort: 'high' as const }, 'gemini', path, { word: level, taken: 'high' })
}

function decodeThinking(config: JsonObject | undefined): ThinkingIntent | undefined {
  const budget = numberOf(member(config, 'thinkingBudget'))
  if (budget !== undefined)
    return budget > 0 ? { budgetTokens: budget } : { effort: budget === 0 ? 'none' : 'auto' }
  const level = enumName(member(config, 'thinkingLevel'), LEVEL_NUMBERS)
  if (level !== undefined && level !== UNSPECIFIED) return intentOf(level)
  return flagOf(member(config, 'includeThoughts')) === true ? { effort: 'auto' } : undefined
}

function decodeFormat(config: JsonObject | undefined): ConversationRequest['format'] {
  const type = text(member(config, 'responseMimeType'))
  if (type !== 'application/json') return textFormat(type)
  const schema =
    object(member(config, 'responseJsonSchema')) ?? object(member(config, 'responseSchema'))
  return schema ? { type: 'json', schema: liftSchema(schema) } : { type: 'json' }
}

function textFormat(word = 'text/plain'): ConversationRequest['format'] {
  const format = { type: 'text' as const }
  if (word === 'text/plain' || word === '') return format
  const path = 'generationConfig.responseMimeType'
  return unknownWord(format, 'gemini', path, { word, taken: 'text/plain' })
}

/** Strict: what the protocol documents and the client's own members, and the rest as losses. */
export function encodeRequest(
  request: ConversationRequest,
  to: Addressee,
): { wire: Wire; losses: Loss[] } {
  const losses: Loss[] = foreignLosses(request, 'gemini')
  const schemas = schemaWriter(to, losses)
  const spoken = encodeContents(request.messages, to, losses)
  const alone = spoken.length === 0
  const system = alone ? undefined : encodeSystem(request)
  const config = {
    ...encodeSampling(request, losses),
    ...encodeThinking(request, to, losses),
    ...encodeFormat(request, schemas),
  }
  const body: JsonObject = {
    contents: alone ? [onlyContent(instructionsAsUser(request, losses))] : spoken,
    systemInstruction: system,
    ...request.extensions?.gemini,
    ...encodeToolUse(request, schemas, losses),
    ...(isGiven(request) || jsonEntries(config).length > 0 ? { generationConfig: config } : {}),
  }
  if (to.quirks.unsupported) omitUnsupported(body, to.quirks.unsupported, losses)
  const path = pathFor('generate', to.model, to.stream)
  return { wire: { path, headers: {}, body }, losses }
}

function onlyContent(text: string): JsonObject {
  return { role: 'user', parts: [{ text }] }
}

/** A configuration that the client wrote is sent even if it is empty. */
function isGiven({ sampling }: ConversationRequest): boolean {
  return object(memory.recall(sampling)) !== undefined
}

function encodeSystem({ system }: ConversationRequest): JsonValue | undefined {
  const asWritten = memory.recall(system)
  if (asWritten !== undefined) return asWritten
  const parts = systemTexts(system).map(text => ({ text }))
  return parts.length > 0 ? { parts } : undefined
}

const MAX_STOPS = 5

function encodeSampling({ sampling }: ConversationRequest, losses: Loss[]): JsonObject {
  const asWritten = object(memory.recall(sampling) ?? null)
  if (asWritten) return asWritten
  const { stop, ...numbers } = sampling
  const sequences = stop?.filter(sequence => sequence !== '') ?? []
  if (sequences.length > MAX_STOPS)
    losses.push({ path: 'stop', reason: `at most ${MAX_STOPS} stop sequences here` })
  if (numbers.temperature !== undefined) numbers.temperature = Math.min(numbers.temperature, 2)
  return {
    ...numbers,
    ...(sequences.length > 0 ? { stopSequences: sequences.slice(0, MAX_STOPS) } : {}),
  }
}

function encodeThinking(request: ConversationRequest, to: Addressee, losses: Loss[]): JsonObject {
  const { thinking, showThinking } = request
  if (!thinking) return {}
  const asWritten = memory.recall(thinking)
  if (asWritten) return { thinkingConfig: asWritten }
  const support = thinkingSupport(to.model)
  if (support?.never) {
    if (!('effort' in thinking && thinking.effort === 'none'))
      losses.push({ path: 'thinking', reason: `${to.model} takes no thinking parameter` })
    return {}
  }
  const off = 'effort' in thinking ? thinking.effort === 'none' : thinking.budgetTokens === 0
  const includeThoughts = !off && showThinking !== false
  const amount = support?.levels ? levelOf(thinking) : budgetOf(thinking)
  return { thinkingConfig: { ...amount, includeThoughts } }
}

/** Models of the third generation take levels. */
function levelOf(thinking: ThinkingIntent): JsonObject {
  const effort = 'effort' in thinking ? thinking.effort : effortFor(thinking.budgetTokens)
  if (effort === 'auto') return {}
  const level =
    effort === 'none' ? 'minimal' : effort === 'xhigh' || effort === 'max' ? 'high' : effort
  return { thinkingLevel: level.toUpperCase() }
}

function budgetOf(thinking: ThinkingIntent): JsonObject {
  return {
    thinkingBudget: 'effort' in thinking ? budgetFor(thinking.effort) : thinking.budgetTokens,
  }
}

function encodeFormat({ format }: ConversationRequest, schemas: SchemaWriter): JsonObject {
  const asWritten = object(memory.recall(format) ?? null)
  if (asWritten) return asWritten
  if (format.type === 'text') return {}
  return {
    responseMimeType: 'application/json',
    ...(format.schema ? schemas.response(format.schema) : {}),
  }
}

function encodeToolUse(
  request: ConversationRequest,
  schemas: SchemaWriter,
  losses: Loss[],
): JsonObject {
  const { tools, toolChoice } = request
  const written = memory.recall(tools)
  const choice = memory.recall(toolChoice)
  const config = choice === undefined ? encodeToolChoice(toolChoice) : (choice ?? undefined)
  if (written !== undefined)
    return {
      ...(written === null ? {} : { tools: written }),
      toolConfig: config,
    }
  if (request.parallelTools === false)
    losses.push({ path: 'parallel_tool_calls', reason: 'gemini has no such parameter' })
  const wires = encodeTools(tools, schemas, losses)
  if (wires.length === 0) return {}
  const functions = wires.some(wire => wire.functionDeclarations)
  return { tools: wires, ...(config && functions ? { toolConfig: config } : {}) }
}
