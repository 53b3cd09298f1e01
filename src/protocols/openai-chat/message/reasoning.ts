import type { Extensions, Part, PartOf } from '../../../conversation/index.ts'
import type { JsonObject } from '../../../lib/json/json.ts'
import { object, objects, text, without } from '../../../lib/json/read-json.ts'

/** The members that services use for the text: DeepSeek's and Qwen's, then OpenRouter's. */
const TEXT = ['reasoning_content', 'reasoning'] as const

/**
 * Earlier reasoning of an assistant's message, and the members that were not it. Several members may
 * carry the same text, and `reasoning_details` may carry seals: those are kept whole, since they
 * are only good as they were.
 */
export function decodeReasoning(
  wire: JsonObject,
  issuer: string,
): { parts: Part[]; rest: JsonObject } {
  const details = objects(wire.reasoning_details)
  const words = text(wire.reasoning_content) || text(wire.reasoning)
  if (!words && details.length === 0) return { parts: [], rest: wire }
  const as = TEXT.filter(name => words && wire[name] === words)
  const carried: JsonObject = details.length > 0 ? { reasoning_details: details } : {}
  const seal = details.map(signatureIn).join('')
  return {
    parts: [
      {
        type: 'thinking',
        text: words ?? details.map(detailText).join(''),
        seal: seal ? sealOf(issuer, seal) : undefined,
        ...readFrom(as, carried),
      },
    ],
    rest: without(wire, ...as, ...Object.keys(carried)),
  }
}

/**
 * Names the members that carried the text. This stays among the extensions, since reasoning comes
 * back from capsules and from the store as JSON: new nodes, which no memory holds.
 */
const READ_FROM = '.'

export function readFrom(
  as: readonly string[],
  members: JsonObject = {},
): { extensions: Extensions } {
  return { extensions: { 'openai-chat': { ...members, [READ_FROM]: { as: [...as] } } } }
}

/** Undefined for reasoning of another protocol. */
export function membersReadFrom({ extensions }: PartOf<'thinking'>): string[] | undefined {
  const as = object(extensions?.['openai-chat']?.[READ_FROM])?.as
  return Array.isArray(as) ? as.filter(name => typeof name === 'string') : undefined
}

/** An empty seal only names the issuer: some services want their own reasoning back. */
export function sealOf(issuer: string, value: string) {
  return { issuer, protocol: 'openai-chat' as const, value }
}

export function detailText(detail: JsonObject): string {
  return text(detail.text) ?? text(detail.summary) ?? ''
}

/** A signature, or the encrypted reasoning itself. */
function signatureIn(detail: JsonObject): string {
  return text(detail.signature) ?? text(detail.data) ?? ''
}

/** A part of the content as Mistral has it: `{ type: 'thinking', thinking: [{ type: 'text', … }] }`. */
export function contentThinking(wire: JsonObject): string {
  return text(wire.thinking) ?? objects(wire.thinking).map(detailText).join('')
}

/** Members for one thinking part: in `field` where given, else in those it was read from. */
export function encodeReasoning(part: PartOf<'thinking'>, field?: string): JsonObject {
  const names = field ? [field] : (membersReadFrom(part) ?? [])
  const wire: JsonObject = {}
  if (part.text !== '') for (const name of names) wire[name] = part.text
  return { ...wire, ...without(part.extensions?.['openai-chat'] ?? {}, READ_FROM) }
}
