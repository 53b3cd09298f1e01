import {
  isReasoning,
  type Part,
  type PartOf,
  packCapsule,
  type Seal,
  type ServerStep,
} from '../../conversation/index.ts'
import type { JsonObject } from '../../lib/json/json.ts'
import { object, text } from '../../lib/json/read-json.ts'
import type { Asked } from '../codec.ts'
import { OUR_ID } from '../shared/gateway-ids.ts'
import { sealedItem } from './item.ts'

/** Ids of one response, each of its kind's prefix and numbered. */
export function createIds(asked: Asked) {
  const root = asked.id.replace(/^req_/, '')
  let count = 0
  return {
    response: `resp${OUR_ID}${root}`,
    next: (prefix: string) => `${prefix}${OUR_ID}${root}_${count++}`,
  }
}

/** The vendor's own item, or one with a capsule of what another upstream thought. */
export function reasoningItem(part: Part, id: string): JsonObject {
  const words = part.type === 'thinking' ? part.text : ''
  const { seal } = part
  const own = seal?.protocol === 'openai-responses' ? sealedItem(seal.value) : undefined
  if (own) return own
  return {
    id,
    type: 'reasoning',
    summary: words === '' ? [] : [{ type: 'summary_text', text: words }],
    encrypted_content: packCapsule({ parts: isReasoning(part) ? [part] : [] }),
  }
}

/** A call's own seal has no member in its item: a reasoning item in front carries it. */
export function carrierItem(call: PartOf<'tool-call'>, id: string): JsonObject | undefined {
  if (!call.seal?.value) return undefined
  const calls: Record<string, Seal> = { [call.id]: call.seal }
  return {
    id,
    type: 'reasoning',
    summary: [],
    encrypted_content: packCapsule({ parts: [], calls }),
  }
}

export function callItem(part: PartOf<'tool-call'>, id: string): JsonObject {
  const head: JsonObject = {
    id,
    type: part.freeform ? 'custom_tool_call' : 'function_call',
    status: 'in_progress',
    call_id: part.id,
    name: part.name,
    namespace: part.namespace,
  }
  return {
    ...head,
    ...(part.freeform ? { input: '' } : { arguments: '' }),
    ...part.extensions?.['openai-responses'],
  }
}

/** A step of another upstream in the form of this protocol's own steps. */
export function stepItem(
  part: PartOf<'opaque'>,
  id: (prefix: string) => string,
  asked: Asked,
): JsonObject | undefined {
  if (part.protocol === 'openai-responses') return part.wire
  const { means } = part
  if (means?.does === 'code-execution') return codeItem(means, id('ci'))
  if (means?.does === 'web-search' || means?.does === 'web-fetch')
    return searchItem(means, id('ws'))
  const name = text(part.wire.type) ?? 'a part'
  asked.losses?.push({ path: 'output', reason: `${name} has no equivalent` })
  return undefined
}

function searchItem(means: ServerStep, id: string): JsonObject {
  const sources = means.sources?.map(({ url }) => ({ type: 'url', url }))
  const action: JsonObject =
    means.does === 'web-fetch'
      ? { type: 'open_page', url: means.url ?? '' }
      : { type: 'search', query: means.query ?? '', ...(sources ? { sources } : {}) }
  return { id, type: 'web_search_call', status: 'completed', action }
}

function codeItem({ code, output }: ServerStep, id: string): JsonObject {
  return {
    id,
    type: 'code_interpreter_call',
    status: 'completed',
    container_id: 'unknown',
    code: code ?? '',
    outputs: output === undefined ? [] : [{ type: 'logs', logs: output }],
  }
}

/** Members of an output item beside its content: its id, its phase. */
export function itemOf(part: Part): JsonObject | undefined {
  return object(part.extensions?.['openai-responses']?.item)
}
