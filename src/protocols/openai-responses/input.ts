import {
  type CapsulePart,
  type Message,
  type Part,
  pairCalls,
  type Seal,
  unpackCapsule,
} from '../../conversation/index.ts'
import type { JsonObject, JsonValue } from '../../lib/json/json.ts'
import { isObject } from '../../lib/json/json.ts'
import { objects, text, without } from '../../lib/json/read-json.ts'
import { sourceMemory } from '../../lib/json/source-memory.ts'
import { withExtensions } from '../shared/extensions.ts'
import { decodeContent } from './content.ts'
import { decodeCall, decodeOutput, decodeReasoning, opaque } from './item.ts'
import { decodeSearchCall, decodeSearchOutput } from './tool-search.ts'

const memory = sourceMemory('openai-responses')

/** A string is one message of the user. */
export function itemsOf(input: JsonValue | undefined): JsonObject[] {
  if (typeof input !== 'string') return Array.isArray(input) ? input.filter(isObject) : []
  return [{ role: 'user', content: input }]
}

/** Items at the beginning that are instructions, or declare tools. */
export function leadingItems(items: readonly JsonObject[]): number {
  const after = items.findIndex(item => !isInstruction(item) && item.type !== 'additional_tools')
  return after === -1 ? items.length : after
}

function isInstruction({ type, role }: JsonObject): boolean {
  return (type === undefined || type === 'message') && (role === 'system' || role === 'developer')
}

export function instructionParts(item: JsonObject): Part[] {
  return isInstruction(item) ? decodeContent(item.content) : []
}

/** One message an item, so that each can be sent again as it was written. */
export function decodeItems(items: readonly JsonObject[], issuer: string): Message[] {
  const seals = sealsOfCalls(items)
  const messages = items.map((item): Message => {
    const { role, parts, carried } = decodeItem(item, issuer)
    const sealed = parts.map(part => {
      const seal = part.type === 'tool-call' ? seals.get(part.id) : undefined
      return seal ? { ...part, seal } : part
    })
    const spelled = !carried && sealed.every((part, index) => part === parts[index])
    return {
      role,
      parts: spelled ? memory.remember(sealed, item) : sealed,
      origin: 'openai-responses',
      ...withExtensions('openai-responses', without(item, 'type', 'role', 'content')),
    }
  })
  return pairCalls(messages)
}

/** A capsule stands in an item of its own, apart from the calls whose seals it carries. */
function sealsOfCalls(items: readonly JsonObject[]): Map<string, Seal> {
  const seals = new Map<string, Seal>()
  for (const { encrypted_content: sealed } of items) {
    const capsule = typeof sealed === 'string' ? unpackCapsule(sealed) : undefined
    for (const [id, seal] of Object.entries(capsule?.calls ?? {})) seals.set(id, seal)
  }
  return seals
}

type Decoded = { role: Message['role']; parts: Part[]; carried?: boolean }

function decodeItem(item: JsonObject, issuer: string): Decoded {
  switch (item.type) {
    case undefined:
    case 'message':
      return { role: roleOf(item), parts: decodeContent(item.content) }
    case 'reasoning':
      return unpackedItem('assistant', decodeReasoning(item, issuer))
    case 'function_call':
    case 'custom_tool_call':
      return { role: 'assistant', parts: [decodeCall(item)] }
    case 'function_call_output':
    case 'custom_tool_call_output':
      return { role: 'user', parts: [decodeOutput(item)] }
    case 'tool_search_call':
      return { role: 'assistant', parts: [decodeSearchCall(item) ?? opaque(item)] }
    case 'tool_search_output':
      return { role: 'user', parts: [decodeSearchOutput(item) ?? opaque(item)] }
    case 'additional_tools':
      return { role: 'system', parts: [] }
    case 'compaction':
    case 'compaction_summary': {
      const capsule = unpackCapsule(text(item.encrypted_content) ?? '')
      return capsule
        ? { role: 'user', parts: capsule.parts, carried: true }
        : { role: 'user', parts: [opaque(item)] }
    }
    default:
      return {
        role: text(item.type)?.endsWith('_output') ? 'user' : 'assistant',
        parts: [opaque(item)],
      }
  }
}

function unpackedItem(role: Message['role'], part: Part | CapsulePart): Decoded {
  if (part.type !== 'carrier') return { role, parts: [part] }
  return { role, parts: part.capsule.parts, carried: true }
}

function roleOf({ role }: JsonObject): Message['role'] {
  if (role === 'assistant') return 'assistant'
  return role === 'system' || role === 'developer' ? 'system' : 'user'
}

/**
 * Tools that were declared inside the input, or found by a search that the client ran. What the
 * upstream's own search found are tools of the request, under a namespace that nothing declares.
 */
export function toolsInside(items: readonly JsonObject[]): JsonObject[] {
  return items.flatMap(item => (declares(item) ? objects(item.tools) : []))
}

function declares({ type, execution }: JsonObject): boolean {
  return type === 'additional_tools' || (type === 'tool_search_output' && execution === 'client')
}
