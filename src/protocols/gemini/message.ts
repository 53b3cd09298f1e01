import {
  CAPSULE_PREFIX,
  type Message,
  type Part,
  type PartOf,
  pairCalls,
  type Seal,
  systemAsUser,
  toTurns,
  unpacked,
} from '../../conversation/index.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json/json.ts'
import { object, objects, text } from '../../lib/json/read-json.ts'
import { sourceMemory } from '../../lib/json/source-memory.ts'
import type { Addressee, Loss } from '../codec.ts'
import { argumentsObject } from '../shared/arguments.ts'
import { withExtensions } from '../shared/extensions.ts'
import { BEFORE_ASSISTANT } from '../shared/first-words.ts'
import { isAllWords, opaqueWords } from '../shared/opaque-words.ts'
import { isSealOf } from '../shared/seals.ts'
import { member, others } from './names.ts'
import { decodePart, encodeMedia, signatureOf } from './part.ts'
import { CallJoiner } from './partial-call.ts'

const memory = sourceMemory('gemini')

/** Contents, a single one, or just text. */
export function decodeContents(contents: JsonValue | undefined, issuer: string): Message[] {
  const wires = listed(contents)
  const joiner = new CallJoiner()
  const joined = wires.map(content => joiner.join(partsOf(content)))
  const messages = pairCalls(
    wires.map((content, index) => decodeContent(content, joined[index] ?? [], issuer)),
  )
  for (const [index, { parts }] of messages.entries()) {
    const wire = wires[index]
    if (wire && !carriesCapsule(wire)) memory.remember(parts, wire)
  }
  return messages
}

function decodeContent(content: JsonObject, parts: readonly JsonObject[], issuer: string): Message {
  return {
    role: content.role === 'model' ? 'assistant' : 'user',
    parts: unpacked(parts.flatMap(wire => decodePart(wire, issuer))),
    origin: 'gemini',
    ...withExtensions('gemini', others(content, ['role', 'parts'])),
  }
}

function carriesCapsule(content: JsonObject): boolean {
  return partsOf(content).some(wire => signatureOf(wire)?.startsWith(CAPSULE_PREFIX))
}

function listed(contents: JsonValue | undefined): JsonObject[] {
  if (typeof contents === 'string') return [{ role: 'user', parts: [{ text: contents }] }]
  return isObject(contents) ? [contents] : objects(contents)
}

/** A list, a single one, or text. */
export function partsOf(content: JsonObject): JsonObject[] {
  const { parts } = content
  if (isObject(parts)) return [parts]
  return Array.isArray(parts)
    ? parts.flatMap(part => (typeof part === 'string' ? [{ text: part }] : objects([part])))
    : []
}

/** One for one where every message is this protocol's own; else in the strictest form. */
export function encodeContents(
  messages: readonly Message[],
  to: Addressee,
  losses: Loss[],
): JsonObject[] {
  const own = messages.length > 0 && messages.every(({ origin }) => origin === 'gemini')
  const names = callNames(messages)
  const written = own ? asWritten(messages) : []
  const wires = (own ? messages : toTurns(messages.map(systemAsUser))).flatMap((turn, index) => {
    const wire = own ? written[index] : object(memory.recall(turn.parts))
    if (wire) return [wire]
    const parts = new PartWriter(to, names, losses).parts(turn, `contents[${index}]`)
    const role = turn.role === 'assistant' ? 'model' : 'user'
    return parts.length > 0 ? [{ role, parts }] : []
  })
  if (!own && wires[0]?.role === 'model')
    wires.unshift({ role: 'user', parts: [{ text: BEFORE_ASSISTANT }] })
  return wires
}

/**
 * What may go as the client wrote it. Where it wrote no ids, or others on results than on calls, and
 * one of a turn's messages has to be spelled anew, so have the others: with the same ids.
 */
function asWritten(messages: readonly Message[]): (JsonObject | undefined)[] {
  const wires = messages.map(({ parts }) => object(memory.recall(parts)))
  let start = 0
  for (const [index, { role }] of messages.entries()) {
    const ends = role !== 'assistant' && (messages[index + 1]?.role ?? 'assistant') === 'assistant'
    if (!ends) continue
    const turn = messages.slice(start, index + 1)
    const anew = turn.some(({ parts }, at) => !wires[start + at] && idsIn(parts).length > 0)
    if (anew)
      for (const [at, { parts }] of turn.entries())
        if (!hasIds(wires[start + at], idsIn(parts))) wires[start + at] = undefined
    start = index + 1
  }
  return wires
}

function idsIn(parts: readonly Part[]): string[] {
  return parts.flatMap(part => {
    if (part.type === 'tool-call') return [part.id]
    return part.type === 'tool-result' ? [part.callId] : []
  })
}

function hasIds(wire: JsonObject | undefined, ids: readonly string[]): boolean {
  const written = partsOf(wire ?? {}).flatMap(part => {
    const named = member(part, 'functionCall') ?? member(part, 'functionResponse')
    return named === undefined ? [] : [text(object(named)?.id) ?? '']
  })
  return written.length === ids.length && written.every((id, at) => id === ids[at])
}

function callNames(messages: readonly Message[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  for (const { parts } of messages)
    for (const part of parts) if (part.type === 'tool-call') names.set(part.id, part.name)
  return names
}

/** Google's placeholder for a missing signature: a call of another model has none. */
const NO_SIGNATURE = 'skip_thought_signature_validator'

class PartWriter {
  private readonly to: Addressee
  private readonly names: ReadonlyMap<string, string>
  private readonly losses: Loss[]

  constructor(to: Addressee, names: ReadonlyMap<string, string>, losses: Loss[]) {
    this.to = to
    this.names = names
    this.losses = losses
  }

  parts({ parts }: Message, path: string): JsonObject[] {
    const wires = parts.flatMap((part, at) => this.part(part, `${path}.parts[${at}]`))
    // Only the first of parallel calls is signed.
    const first = wires.find(wire => wire.functionCall)
    if (first && !first.thoughtSignature && /gemini-3/.test(this.to.model))
      first.thoughtSignature = NO_SIGNATURE
    return wires
  }

  private part(part: Part, path: string): JsonObject[] {
    switch (part.type) {
      case 'text':
      case 'refusal':
        return textParts(part.text)
      case 'image':
      case 'document':
      case 'audio':
      case 'video':
        return this.media(part, path)
      case 'thinking':
      case 'thinking-redacted':
        return this.thought(part, path)
      case 'tool-call':
        return this.call(part, path)
      case 'tool-result':
        return this.result(part, path)
      case 'opaque':
        return this.opaque(part, path)
    }
  }

  private lost(path: string, reason: string): JsonObject[] {
    this.losses.push({ path, reason })
    return []
  }

  private media(
    part: PartOf<'image' | 'document' | 'audio' | 'video'>,
    path: string,
  ): JsonObject[] {
    const encoded = encodeMedia(part)
    if ('wire' in encoded) return [encoded.wire]
    this.lost(path, encoded.lost)
    return textParts(encoded.instead ?? '')
  }

  private thought(part: PartOf<'thinking' | 'thinking-redacted'>, path: string): JsonObject[] {
    const seal: Seal | undefined = part.seal
    const words = part.type === 'thinking' ? part.text : ''
    if (!isSealOf(seal, 'gemini', this.to.issuer)) return this.lost(path, foreignSeal(part.seal))
    // Thoughts without a signature are a summary for people; the service has no use for it.
    if (seal.value === '') return []
    return [
      { text: words, ...(words === '' ? {} : { thought: true }), thoughtSignature: seal.value },
    ]
  }

  private call(part: PartOf<'tool-call'>, path: string): JsonObject[] {
    if (part.runsOn === 'server')
      return this.lost(path, `a call another upstream ran itself (${part.name})`)
    const { seal } = part
    const signed = isSealOf(seal, 'gemini', this.to.issuer) && seal.value !== ''
    return [
      {
        functionCall: {
          ...this.idOf(part.id),
          name: part.name,
          args: argumentsObject(part.arguments),
          ...part.extensions?.gemini,
        },
        thoughtSignature: signed ? seal.value : undefined,
      },
    ]
  }

  private idOf(id: string): JsonObject {
    return this.to.quirks.noCallIds ? {} : { id }
  }

  /** Pictures of a result stand beside it. */
  private result(part: PartOf<'tool-result'>, path: string): JsonObject[] {
    const inner = part.parts.flatMap((item, at) => this.part(item, `${path}[${at}]`))
    const words = inner.flatMap(wire => text(wire.text) ?? []).join('\n')
    const beside = inner.filter(wire => typeof wire.text !== 'string')
    const name = this.names.get(part.callId) ?? part.name ?? 'unknown'
    const response = part.failed ? { error: words } : { output: words }
    return [{ functionResponse: { ...this.idOf(part.callId), name, response } }, ...beside]
  }

  private opaque({ protocol, wire }: PartOf<'opaque'>, path: string): JsonObject[] {
    if (protocol === 'gemini') return object(wire.groundingMetadata) ? [] : [wire]
    if (!isAllWords(wire)) this.lost(path, `${text(wire.type) ?? 'a part'} has no equivalent`)
    return textParts(opaqueWords(wire))
  }
}

function textParts(words: string): JsonObject[] {
  return words.trim() === '' ? [] : [{ text: words }]
}

function foreignSeal(seal: Seal | undefined): string {
  return seal?.value ? 'reasoning sealed by another upstream' : 'reasoning without a seal'
}
