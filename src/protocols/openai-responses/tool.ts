import type { ConversationRequest, ServerAbility, Tool } from '../../conversation/index.ts'
import type { JsonObject, JsonValue } from '../../lib/json/json.ts'
import { flag, object, objects, text, without } from '../../lib/json/read-json.ts'
import { table } from '../../lib/json/table.ts'
import type { Loss } from '../codec.ts'
import { withExtensions } from '../shared/extensions.ts'
import { decodeAllowed, decodeChoiceMode } from '../shared/openai/request-words.ts'
import { isClientSearch, searchTool, searchWire } from './tool-search.ts'

/** Tools, those in namespaces each by itself. */
export function decodeTools(wires: readonly JsonObject[], namespace?: string): Tool[] {
  return wires.flatMap((wire): Tool[] => {
    const within = namespace === undefined ? {} : { namespace }
    switch (wire.type) {
      case 'function':
        return [{ ...decodeFunction(wire), ...within }]
      case 'custom':
        return [{ ...decodeCustom(wire), ...within }]
      case 'tool_search':
        return [isClientSearch(wire) ? searchTool(wire) : serverTool(wire)]
      case 'namespace':
        return decodeTools(objects(wire.tools), text(wire.name) ?? '')
      default:
        return [serverTool(wire)]
    }
  })
}

function decodeFunction(wire: JsonObject): Tool {
  const description = text(wire.description)
  return {
    type: 'function',
    name: text(wire.name) ?? '',
    description,
    parameters: object(wire.parameters) ?? {},
    strict: flag(wire.strict),
    ...withExtensions(
      'openai-responses',
      without(wire, 'type', 'name', 'description', 'parameters', 'strict'),
    ),
  }
}

function decodeCustom(wire: JsonObject): Tool {
  const description = text(wire.description)
  const format = object(wire.format)
  return {
    type: 'custom',
    name: text(wire.name) ?? '',
    description,
    format,
    ...withExtensions('openai-responses', without(wire, 'type', 'name', 'description', 'format')),
  }
}

const ABILITIES = table<ServerAbility['name']>({
  web_search: 'web-search',
  web_search_2025_08_26: 'web-search',
  web_search_preview: 'web-search',
  web_search_preview_2025_03_11: 'web-search',
  code_interpreter: 'code-execution',
})

function serverTool(wire: JsonObject): Tool {
  const name = ABILITIES[text(wire.type) ?? '']
  if (!name) return { type: 'server', protocol: 'openai-responses', wire }
  const allowed = object(wire.filters)?.allowed_domains
  const allowedDomains = Array.isArray(allowed)
    ? allowed.filter(domain => typeof domain === 'string')
    : undefined
  const does: ServerAbility = { name, allowedDomains }
  return { type: 'server', protocol: 'openai-responses', wire, does }
}

export function encodeTools(tools: readonly Tool[], losses: Loss[]): JsonObject[] {
  const wires: JsonObject[] = []
  const namespaces = new Map<string, JsonObject[]>()
  for (const [index, tool] of tools.entries()) {
    if (tool.type === 'server') {
      wires.push(...encodeServerTool(tool, `tools[${index}]`, losses))
      continue
    }
    const wire = searchWire(tool) ?? encodeClientTool(tool)
    if (tool.namespace === undefined) wires.push(wire)
    else inNamespace(tool.namespace, wire, namespaces, wires)
  }
  return wires
}

function encodeClientTool(tool: Exclude<Tool, { type: 'server' }>): JsonObject {
  return tool.type === 'custom' ? encodeCustom(tool) : encodeFunction(tool)
}

function inNamespace(
  name: string,
  wire: JsonObject,
  namespaces: Map<string, JsonObject[]>,
  wires: JsonObject[],
): void {
  const known = namespaces.get(name)
  if (known) {
    known.push(wire)
    return
  }
  const tools = [wire]
  namespaces.set(name, tools)
  wires.push({ type: 'namespace', name, description: '', tools })
}

function encodeFunction(tool: Extract<Tool, { type: 'function' }>): JsonObject {
  const parameters =
    tool.parameters.type === undefined
      ? { type: 'object', properties: {}, ...tool.parameters }
      : tool.parameters
  return {
    type: 'function',
    name: tool.name,
    description: tool.description,
    parameters,
    // Absent means strict here, which most schemas are not made for.
    strict: tool.strict ?? false,
    ...tool.extensions?.['openai-responses'],
  }
}

function encodeCustom(tool: Extract<Tool, { type: 'custom' }>): JsonObject {
  return {
    type: 'custom',
    name: tool.name,
    description: tool.description,
    format: tool.format,
    ...tool.extensions?.['openai-responses'],
  }
}

function encodeServerTool(
  tool: Extract<Tool, { type: 'server' }>,
  path: string,
  losses: Loss[],
): JsonObject[] {
  if (tool.protocol === 'openai-responses') return [tool.wire]
  if (tool.does?.name === 'web-search') {
    const { allowedDomains } = tool.does
    return [
      {
        type: 'web_search',
        filters: allowedDomains ? { allowed_domains: allowedDomains } : undefined,
      },
    ]
  }
  if (tool.does?.name === 'code-execution')
    return [{ type: 'code_interpreter', container: { type: 'auto' } }]
  const name = text(tool.wire.name) ?? text(tool.wire.type) ?? Object.keys(tool.wire)[0] ?? 'tool'
  losses.push({ path, reason: `the server tool ${name} has no equivalent and was left out` })
  return []
}

type Choice = ConversationRequest['toolChoice']

export function decodeToolChoice(wire: JsonValue | undefined): Choice {
  const named = object(wire)
  const mode = (word: JsonValue | undefined): Choice => decodeChoiceMode(word, 'openai-responses')
  if (named?.type === 'allowed_tools')
    return decodeAllowed(mode(named.mode), 'openai-responses', 'tool_choice.tools')
  const name = text(named?.name)
  return name === undefined ? mode(named?.type ?? wire) : { mode: 'tool', name }
}

export function encodeToolChoice(choice: Choice, tools: readonly Tool[]): JsonValue {
  if (choice.mode !== 'tool') return choice.mode
  const custom = tools.some(tool => tool.type === 'custom' && tool.name === choice.name)
  return { type: custom ? 'custom' : 'function', name: choice.name }
}
