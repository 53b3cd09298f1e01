import type { Part, PartDelta } from '../../../conversation/index.ts'
import type { JsonObject } from '../../../lib/json/json.ts'
import { object } from '../../../lib/json/read-json.ts'
import type { Asked } from '../../codec.ts'
import { encodeReplyCitation } from '../part.ts'
import { encodeReplyPart } from '../response.ts'

/** A block as it starts, and what is sent of it at once. */
export type Opened = { block: JsonObject; deltas: JsonObject[] }

/** Free text, for a protocol where the input is always an object: one string in it. */
const FREEFORM_START = '{"input":"'
export const FREEFORM_END = '"}'

function inString(words: string): string {
  return JSON.stringify(words).slice(1, -1)
}

/** How a part's blocks begin; the last one grows. None: it waits for its first delta. */
export function opened(part: Part, asked: Asked): Opened[] {
  switch (part.type) {
    case 'text':
    case 'refusal':
      if (part.text === '') return []
      return [{ block: emptyBlock(part), deltas: [{ type: 'text_delta', text: part.text }] }]
    case 'thinking':
      return openedThinking(part)
    case 'tool-call':
      return part.runsOn === 'server' ? [] : [openedCall(part)]
    default:
      return encodeReplyPart(part, asked).map(openedWhole)
  }
}

export function emptyBlock({ type }: Part): JsonObject {
  return type === 'thinking'
    ? { type: 'thinking', thinking: '', signature: '' }
    : { type: 'text', text: '' }
}

function openedThinking(part: Extract<Part, { type: 'thinking' }>): Opened[] {
  const own = part.seal?.protocol === 'anthropic'
  if (part.text === '' && !own) return []
  const deltas: JsonObject[] = part.text ? [{ type: 'thinking_delta', thinking: part.text }] : []
  if (own) deltas.push({ type: 'signature_delta', signature: part.seal?.value ?? '' })
  return [{ block: emptyBlock(part), deltas }]
}

function openedCall(part: Extract<Part, { type: 'tool-call' }>): Opened {
  const begun = part.freeform ? `${FREEFORM_START}${inString(part.arguments)}` : part.arguments
  return {
    block: {
      type: 'tool_use',
      id: part.id,
      name: part.name,
      input: {},
      ...part.extensions?.anthropic,
    },
    deltas: begun ? [{ type: 'input_json_delta', partial_json: begun }] : [],
  }
}

/** A block that comes whole starts empty all the same where clients gather it from deltas. */
function openedWhole(block: JsonObject): Opened {
  if (block.type === 'text')
    return {
      block: { type: 'text', text: '' },
      deltas: [{ type: 'text_delta', text: block.text ?? '' }],
    }
  const input = object(block.input)
  if (!input) return { block, deltas: [] }
  return {
    block: { ...block, input: {} },
    deltas: [{ type: 'input_json_delta', partial_json: JSON.stringify(input) }],
  }
}

/** An empty thought, whose signature carries what has no block of its own. */
export function openedCarrier({ signature }: JsonObject): Opened {
  return {
    block: { type: 'thinking', thinking: '', signature: '' },
    deltas: [{ type: 'signature_delta', signature: signature ?? '' }],
  }
}

/** Undefined: none of it is sent. */
export function deltaOf(part: Part, change: PartDelta): JsonObject | undefined {
  const { type } = part
  if ('text' in change) {
    if (change.text === '') return undefined
    return type === 'thinking'
      ? { type: 'thinking_delta', thinking: change.text }
      : { type: 'text_delta', text: change.text }
  }
  if ('arguments' in change) {
    if (type !== 'tool-call' || part.runsOn === 'server' || change.arguments === '')
      return undefined
    const piece = part.freeform ? inString(change.arguments) : change.arguments
    return { type: 'input_json_delta', partial_json: piece }
  }
  if ('seal' in change)
    return type === 'thinking' && change.seal.protocol === 'anthropic'
      ? { type: 'signature_delta', signature: change.seal.value }
      : undefined
  const [citation] = encodeReplyCitation(change.citation)
  return citation && type === 'text' ? { type: 'citations_delta', citation } : undefined
}
