import {
  type ConversationRequest,
  type Message,
  type Part,
  type PartOf,
  pairCalls,
} from '../../../conversation/index.ts'
import type { JsonObject, JsonValue } from '../../../lib/json/json.ts'
import { object, text, without } from '../../../lib/json/read-json.ts'
import type { Addressee, Loss } from '../../codec.ts'
import { nothingToSend } from '../../shared/first-words.ts'
import { isSealOf } from '../../shared/seals.ts'
import { spellingOf, withSpelling } from '../spelling.ts'
import { decodeCalls, encodeCalls, readCalls } from './call.ts'
import { decodeContent, encodePart } from './part.ts'
import { decodeReasoning, encodeReasoning } from './reasoning.ts'
import { encodeTurns, systemMessage } from './turn.ts'

/**
 * Messages in both directions as this protocol's own clients write them, one for one. Each message
 * remembers how it was written, so that it is written so again; messages of other protocols have
 * no such memory and go through `turn.ts`.
 */
export function decodeMessages(wires: readonly JsonObject[], issuer: string): Message[] {
  const messages = wires.map((wire, index) => {
    switch (wire.role) {
      case 'assistant':
        return decodeAssistant(wire, issuer, at => `call_${index}_${at}`)
      case 'tool':
      case 'function':
        return decodeResult(wire)
      case 'system':
      case 'developer':
        return decodeSpoken('system', wire)
      default:
        return decodeSpoken('user', wire)
    }
  })
  return pairCalls(messages)
}

const ORIGIN = 'openai-chat'

function decodeSpoken(role: 'system' | 'user', wire: JsonObject): Message {
  const rest = without(wire, 'role', 'content')
  return {
    role,
    parts: decodeContent(wire.content),
    origin: ORIGIN,
    ...withSpelling(rest, shapeOfMessage(wire)),
  }
}

function shapeOfMessage({ role, content }: JsonObject): JsonObject {
  return { role: role ?? 'user', content: contentForm(content) }
}

/** `null` and `absent` mean the same and are both written by real clients. */
function contentForm(content: JsonValue | undefined): string {
  if (content === undefined) return 'absent'
  if (content === null) return 'null'
  return typeof content === 'string' ? 'string' : 'parts'
}

/** A result without an id has the name of its tool at most. */
function decodeResult(wire: JsonObject): Message {
  const callId = text(wire.tool_call_id) ?? ''
  const name = callId === '' ? text(wire.name) : undefined
  const result: Part = {
    type: 'tool-result',
    callId,
    parts: decodeContent(wire.content),
    failed: false,
    runsOn: 'client',
    name,
  }
  return {
    role: 'user',
    parts: [result],
    origin: ORIGIN,
    ...withSpelling(without(wire, 'role', 'content', 'tool_call_id'), shapeOfMessage(wire)),
  }
}

function decodeAssistant(
  wire: JsonObject,
  issuer: string,
  idFor: (index: number) => string,
): Message {
  const { parts, rest } = decodeReasoning(wire, issuer)
  const calls = decodeCalls(wire, idFor)
  const refusal = text(wire.refusal)
  const read = ['role', 'content', ...readCalls(calls), ...(refusal ? ['refusal'] : [])]
  parts.push(...decodeContent(wire.content))
  if (refusal) parts.push({ type: 'refusal', text: refusal })
  parts.push(...calls)
  return {
    role: 'assistant',
    parts,
    origin: ORIGIN,
    ...withSpelling(without(rest, ...read), shapeOfMessage(wire)),
  }
}

/** The system messages a conversation opens with, as parts: the first of each remembers the message. */
export function decodeSystem(wires: readonly JsonObject[]): Part[] {
  return wires.flatMap(wire => {
    const [first, ...more] = decodeContent(wire.content)
    const opening: Part = first ?? { type: 'text', text: '' }
    const message = { ...without(wire, 'content'), content: contentForm(wire.content) }
    const shape = { ...spellingOf(opening), opens: message }
    return [
      { ...opening, ...withSpelling(opening.extensions?.['openai-chat'] ?? {}, shape) },
      ...more,
    ]
  })
}

/** One for one where every message is this protocol's own; else in the strictest form. */
export function encodeMessages(
  request: ConversationRequest,
  to: Addressee,
  losses: Loss[],
): JsonObject[] {
  const role = systemRole(request, to)
  const system = encodeOwnSystem(request.system, to) ?? systemMessage(request.system, role)
  if (!request.messages.every(isOwnMessage)) {
    const messages = [...system, ...encodeTurns(request.messages, to, role, losses)]
    if (messages.length === 0) throw nothingToSend()
    return messages
  }
  const own = request.messages.map((message, index) =>
    encodeOwnMessage(message, to, `messages[${index + system.length}]`, losses),
  )
  return [...system, ...own]
}

/** `developer` where the client used that role and the upstream's kind sets none. */
function systemRole({ system }: ConversationRequest, to: Addressee): string {
  const developer = system.some(part => object(spellingOf(part).opens)?.role === 'developer')
  return to.quirks.systemRole ?? (developer ? 'developer' : 'system')
}

/** Undefined where a part was added that no client of this protocol wrote. */
function encodeOwnSystem(parts: readonly Part[], to: Addressee): JsonObject[] | undefined {
  const groups: { message: JsonObject; parts: Part[] }[] = []
  for (const part of parts) {
    const message = object(spellingOf(part).opens)
    if (message) groups.push({ message, parts: [part] })
    else if (groups.length === 0) return undefined
    else groups[groups.length - 1]?.parts.push(part)
  }
  return groups.map(({ message, parts }) => ({
    ...message,
    ...(to.quirks.systemRole ? { role: to.quirks.systemRole } : {}),
    ...encodeContent(parts, text(message.content)),
    ...(message.content === 'absent' ? { content: '' } : {}),
  }))
}

/** Whether the message remembers how it was written and still holds what it did. */
function isOwnMessage(message: Message): boolean {
  if (message.origin !== ORIGIN) return false
  const { role } = spellingOf(message)
  if (role === undefined) return false
  if (role !== 'tool' && role !== 'function')
    return message.parts.every(part => part.type !== 'tool-result')
  return message.parts.length === 1 && message.parts[0]?.type === 'tool-result'
}

function encodeOwnMessage(
  message: Message,
  to: Addressee,
  path: string,
  losses: Loss[],
): JsonObject {
  const shape = spellingOf(message)
  const head: JsonObject = {
    role: shape.role ?? message.role,
    ...message.extensions?.['openai-chat'],
  }
  const form = text(shape.content)
  const [first] = message.parts
  if (first?.type === 'tool-result') return { ...head, ...encodeOwnResult(first, form, shape.role) }
  if (message.role !== 'assistant') return { ...head, ...encodeContent(message.parts, form) }
  return { ...head, ...encodeOwnAssistant(message.parts, form, to, path, losses) }
}

function encodeOwnResult(
  result: PartOf<'tool-result'>,
  form: string | undefined,
  role: JsonValue | undefined,
) {
  const id: JsonObject = role === 'function' ? {} : { tool_call_id: result.callId }
  return { ...id, ...encodeContent(result.parts, form) }
}

function encodeOwnAssistant(
  parts: readonly Part[],
  form: string | undefined,
  to: Addressee,
  path: string,
  losses: Loss[],
): JsonObject {
  const content: Part[] = []
  const calls: PartOf<'tool-call'>[] = []
  let wire: JsonObject = {}
  for (const part of parts) {
    if (part.type === 'thinking') wire = { ...wire, ...encodeOwnThinking(part, to, path, losses) }
    else if (part.type === 'tool-call') calls.push(part)
    else if (part.type === 'refusal' && spellingOf(part).part !== true) wire.refusal = part.text
    else content.push(part)
  }
  return { ...wire, ...encodeContent(content, form), ...encodeCalls(calls) }
}

/** Sealed details go back to their issuer only; the text may go to any upstream that takes it. */
function encodeOwnThinking(
  part: PartOf<'thinking'>,
  to: Addressee,
  path: string,
  losses: Loss[],
): JsonObject {
  const wire = encodeReasoning(part, to.quirks.reasoningField)
  if (!part.seal?.value || isSealOf(part.seal, 'openai-chat', to.issuer)) return wire
  losses.push({ path, reason: 'sealed reasoning can only go back to who sealed it' })
  return without(wire, 'reasoning_details')
}

/** In the form it had, where what it holds still fits it. */
function encodeContent(parts: readonly Part[], form: string | undefined): JsonObject {
  if (parts.length === 0) {
    if (form === 'absent') return {}
    return { content: form === 'string' ? '' : form === 'parts' ? [] : null }
  }
  const [only] = parts
  if (form !== 'parts' && parts.length === 1 && only?.type === 'text') return { content: only.text }
  return { content: parts.flatMap(part => wiresOf(part)) }
}

function wiresOf(part: Part): JsonObject[] {
  const encoded = encodePart(part)
  if ('wire' in encoded) return [encoded.wire]
  return encoded.instead ? [{ type: 'text', text: encoded.instead }] : []
}
