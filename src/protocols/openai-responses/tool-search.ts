import { type Part, type PartOf, plainName, type Tool } from '../../conversation/index.ts'
import type { JsonObject } from '../../lib/json/json.ts'
import { object, objects, text } from '../../lib/json/read-json.ts'
import { argumentsObject } from '../shared/arguments.ts'
import { withExtensions } from '../shared/extensions.ts'

/**
 * Tool search that the client runs: Codex offers most of its tools (MCP, sub-agents) only by it. A
 * call of it is an item of its own kind, with its arguments as an object, and its output declares
 * the tools that were found. For other models it is a function like any other.
 * @see https://platform.openai.com/docs/guides/tools-tool-search (as of 2026-11)
 */
const NAME = 'tool_search'

/** A search that the upstream runs is none of these. */
export function isClientSearch({ type, execution }: JsonObject): boolean {
  return type === NAME && execution === 'client'
}

export function searchTool(wire: JsonObject): Tool {
  const description = text(wire.description)
  return {
    type: 'function',
    name: NAME,
    description,
    parameters: object(wire.parameters) ?? {},
    ...withExtensions('openai-responses', wire),
  }
}

/** The declaration in its own protocol; undefined: this tool is no search. */
export function searchWire(tool: Tool): JsonObject | undefined {
  const wire = tool.extensions?.['openai-responses'] ?? {}
  return isClientSearch(wire) ? wire : undefined
}

/** Whether a call of a reply is one of the search that the request offered. */
export function isSearchCall(
  { name, freeform }: PartOf<'tool-call'>,
  tools: readonly Tool[] = [],
): boolean {
  return name === NAME && !freeform && tools.some(tool => searchWire(tool) !== undefined)
}

export function searchCallItem(
  { id: callId }: PartOf<'tool-call'>,
  id: string,
  args: string,
): JsonObject {
  return {
    id,
    type: 'tool_search_call',
    status: 'completed',
    call_id: callId,
    execution: 'client',
    arguments: argumentsObject(args),
  }
}

/** Undefined: an item that the upstream's own search left behind. */
export function decodeSearchCall(wire: JsonObject): Part | undefined {
  if (wire.execution !== 'client') return undefined
  const { arguments: args = {} } = wire
  return {
    type: 'tool-call',
    id: text(wire.call_id) ?? text(wire.id) ?? '',
    name: NAME,
    arguments: typeof args === 'string' ? args : JSON.stringify(args),
    runsOn: 'client',
    ...withExtensions('openai-responses', wire),
  }
}

/** Likewise. What was found goes up among the request's tools, so here its names will do. */
export function decodeSearchOutput(wire: JsonObject): Part | undefined {
  if (wire.execution !== 'client') return undefined
  const found = objects(wire.tools).flatMap(tool => linesOf(tool))
  const words =
    found.length > 0
      ? ['These tools were found and can be called from now on:', ...found].join('\n')
      : 'No tool was found.'
  return {
    type: 'tool-result',
    callId: text(wire.call_id) ?? '',
    parts: [{ type: 'text', text: words }],
    failed: wire.status === 'incomplete',
    runsOn: 'client',
    ...withExtensions('openai-responses', wire),
  }
}

function linesOf(tool: JsonObject, namespace?: string): string[] {
  const name = text(tool.name) ?? ''
  if (tool.type === 'namespace') return objects(tool.tools).flatMap(inner => linesOf(inner, name))
  const description = text(tool.description)?.trim().split('\n')[0]
  return [`- ${plainName(name, namespace)}${description ? `: ${description}` : ''}`]
}

/** A call or an output in its own protocol; undefined: it is none of a search. */
export function searchItem(part: Part): JsonObject | undefined {
  const wire = part.extensions?.['openai-responses'] ?? {}
  const id = part.type === 'tool-call' ? part.id : part.type === 'tool-result' && part.callId
  const search = wire.type === 'tool_search_call' || wire.type === 'tool_search_output'
  return search && id !== false ? { ...wire, call_id: id } : undefined
}
