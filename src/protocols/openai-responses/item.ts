import {
  type CapsulePart,
  type Part,
  type PartOf,
  type ServerStep,
  unpackCapsule,
} from '../../conversation/index.ts'
import { isObject, type JsonObject } from '../../lib/json/json.ts'
import { object, objects, text } from '../../lib/json/read-json.ts'
import { withExtensions } from '../shared/extensions.ts'
import { decodeContent } from './content.ts'

/** What stands between two summaries of one thought. */
export const SUMMARY_GAP = '\n\n'

/** A reasoning item is sealed as a whole: its id and its summary are bound to its ciphertext. */
export function decodeReasoning(
  wire: JsonObject,
  issuer: string,
): PartOf<'thinking'> | CapsulePart {
  const sealed = text(wire.encrypted_content)
  const capsule = sealed === undefined ? undefined : unpackCapsule(sealed)
  if (capsule) return { type: 'carrier', capsule }
  const id = text(wire.id)
  return {
    type: 'thinking',
    text: reasoningText(wire),
    seal: { issuer, protocol: 'openai-responses', value: JSON.stringify(wire) },
    ...withExtensions('openai-responses', id === undefined ? {} : { item: { id } }),
  }
}

/** The summary, or the reasoning itself where the service sends it. */
export function reasoningText(wire: JsonObject): string {
  const summary = objects(wire.summary).map(part => text(part.text) ?? '')
  const summaries =
    summary.length > 0 ? summary : objects(wire.content).map(part => text(part.text) ?? '')
  return summaries.join(SUMMARY_GAP)
}

/** The item as it was. Undefined: the seal is not of this form. */
export function sealedItem(value: string): JsonObject | undefined {
  if (value === '') return undefined
  try {
    return object(JSON.parse(value))
  } catch {
    return undefined
  }
}

/** A call, of a function or of a tool that takes free text. */
export function decodeCall(wire: JsonObject): Part {
  const custom = wire.type === 'custom_tool_call'
  const namespace = text(wire.namespace)
  return {
    type: 'tool-call',
    id: text(wire.call_id) ?? text(wire.id) ?? '',
    name: text(wire.name) ?? '',
    arguments: text(custom ? wire.input : wire.arguments) ?? '',
    runsOn: 'client',
    freeform: custom ? true : undefined,
    namespace,
  }
}

/** Some clients write their parts as JSON into the string. */
export function decodeOutput(wire: JsonObject): Part {
  return {
    type: 'tool-result',
    callId: text(wire.call_id) ?? '',
    parts: decodeContent(listedParts(wire.output) ?? wire.output),
    failed: wire.status === 'incomplete',
    runsOn: 'client',
  }
}

function listedParts(output: unknown): JsonObject[] | undefined {
  if (typeof output !== 'string' || !/^\s*\[\s*\{/.test(output)) return undefined
  // Most lists are a tool's own output; only those that name such a part are worth parsing.
  if (!/"input_(text|image)"/.test(output)) return undefined
  try {
    const parts: unknown = JSON.parse(output)
    const known = ({ type }: JsonObject): boolean => type === 'input_text' || type === 'input_image'
    return Array.isArray(parts) && parts.every(part => isObject(part) && known(part))
      ? objects(parts)
      : undefined
  } catch {
    return undefined
  }
}

/** What the upstream did by itself, in the form that other protocols can send. */
export function stepOf(wire: JsonObject): ServerStep | undefined {
  const id = text(wire.id) ?? ''
  if (wire.type === 'code_interpreter_call') {
    const code = text(wire.code)
    const output = objects(wire.outputs)
      .map(output => text(output.logs) ?? '')
      .join('\n')
    return {
      does: 'code-execution',
      id,
      code,
      ...(output === '' ? {} : { output }),
    }
  }
  if (wire.type !== 'web_search_call') return undefined
  const action = object(wire.action)
  const query = text(action?.query)
  const url = text(action?.url)
  const sources = objects(action?.sources).flatMap(source => {
    const address = text(source.url)
    return address === undefined ? [] : [{ url: address }]
  })
  return {
    does: action?.type === 'open_page' ? 'web-fetch' : 'web-search',
    id,
    query,
    url,
    sources: sources.length > 0 ? sources : undefined,
  }
}

export function opaque(wire: JsonObject): Part {
  const means = stepOf(wire)
  return { type: 'opaque', protocol: 'openai-responses', wire, means }
}
