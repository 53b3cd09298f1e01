import {
  type Message,
  type Part,
  type PartOf,
  systemAsUser,
  toTurns,
} from '../../conversation/index.ts'
import type { JsonObject } from '../../lib/json/json.ts'
import { text } from '../../lib/json/read-json.ts'
import { sourceMemory } from '../../lib/json/source-memory.ts'
import type { Addressee, Loss } from '../codec.ts'
import { argumentsObject } from '../shared/arguments.ts'
import { BEFORE_ASSISTANT } from '../shared/first-words.ts'
import { OUR_STEP } from '../shared/gateway-ids.ts'
import { opaqueWords } from '../shared/opaque-words.ts'
import { isSealOf } from '../shared/seals.ts'
import { cacheControl } from './cache.ts'
import { encodeCitations, encodeMedia } from './part.ts'

const memory = sourceMemory('anthropic')

export function encodeMessages(
  messages: readonly Message[],
  to: Addressee,
  losses: Loss[],
): JsonObject[] {
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
  if (wires[0]?.role === 'assistant')
    wires.unshift({ role: 'user', content: [{ type: 'text', text: BEFORE_ASSISTANT }] })
  return wires
}

/** A system message in the middle is this protocol's own only from its own clients. */
function spoken(message: Message): Message {
  return message.origin === 'anthropic' ? message : systemAsUser(message)
}

export function encodePart(part: Part, to: Addressee, path: string, losses: Loss[]): JsonObject[] {
  const blocks = encodeBody(part, to, path, losses)
  const last = blocks[blocks.length - 1]
  if (part.cache && last) last.cache_control = cacheControl(part.cache)
  return blocks
}

function textBlocks(words: string, more: JsonObject = {}): JsonObject[] {
  return words.trim() === '' ? [] : [{ type: 'text', text: words, ...more }]
}

function encodeBody(part: Part, to: Addressee, path: string, losses: Loss[]): JsonObject[] {
  switch (part.type) {
    case 'text': {
      const citations = encodeCitations(part.citations)
      return textBlocks(part.text, {
        citations: citations.length > 0 ? citations : undefined,
        ...part.extensions?.anthropic,
      })
    }
    case 'refusal':
      return textBlocks(part.text)
    case 'image':
    case 'document':
    case 'audio':
    case 'video': {
      const encoded = encodeMedia(part)
      if ('wire' in encoded) return [encoded.wire]
      losses.push({ path, reason: encoded.lost })
      return encoded.instead ? textBlocks(encoded.instead) : []
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
    content: content.length > 0 ? content : undefined,
    is_error: part.failed ? true : undefined,
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
  return textBlocks(opaqueWords(wire))
}

/** A step of another upstream, as this gateway showed it to a client of this protocol; upstreams never get it. */
function isOurStep(wire: JsonObject): boolean {
  const id = text(wire.id) ?? text(wire.tool_use_id)
  return id?.startsWith(OUR_STEP) === true
}
