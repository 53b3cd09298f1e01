import type { ConversationRequest, ServerAbility, Tool } from '../../conversation/index.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json/json.ts'
import { flag, number, object, text } from '../../lib/json/read-json.ts'
import { sourceMemory } from '../../lib/json/source-memory.ts'
import type { Loss } from '../codec.ts'
import { unknownWord } from '../shared/foreign-members.ts'
import { cacheControl } from './cache.ts'
import { clientTool } from './client-tools.ts'
import { unread } from './part.ts'

const memory = sourceMemory('anthropic')

export function decodeTool(wire: JsonObject): Tool {
  const run = clientTool(wire)
  // In its own protocol it is declared by its type again, not by the parameters.
  if (run) return memory.remember({ type: 'function', ...run, ...shared(wire) }, wire)
  const schema = object(wire.input_schema)
  if ((wire.type !== undefined && wire.type !== 'custom') || !schema) return serverTool(wire)
  const description = text(wire.description)
  return {
    type: 'function',
    name: text(wire.name) ?? '',
    description,
    parameters: schema,
    only: isPlaceholder(wire) ? ('anthropic' as const) : undefined,
    ...shared(wire),
    extensions: unread(wire, 'name', 'description', 'input_schema', 'strict', 'cache_control'),
  }
}

/**
 * Claude Code (2.1, 2026-11) declares a tool that is never called, so that its service's deferred
 * loading stays on.
 */
function isPlaceholder({ name, defer_loading }: JsonObject): boolean {
  return name === 'DeferredToolPlaceholder' && defer_loading === true
}

function shared(wire: JsonObject): Pick<Extract<Tool, { type: 'function' }>, 'strict' | 'cache'> {
  const cache = object(wire.cache_control)
  return {
    strict: flag(wire.strict),
    ...(cache ? { cache: { ttl: cache.ttl === '1h' ? '1h' : '5m' } } : {}),
  }
}

/** Type without its date, and what others call it. */
const ABILITIES: readonly (readonly [RegExp, ServerAbility['name']])[] = [
  [/^web_search_/, 'web-search'],
  [/^web_fetch_/, 'web-fetch'],
  [/^code_execution_/, 'code-execution'],
]

function serverTool(wire: JsonObject): Tool {
  const type = text(wire.type) ?? ''
  const name = ABILITIES.find(([pattern]) => pattern.test(type))?.[1]
  if (!name) return { type: 'server', protocol: 'anthropic', wire }
  const maxUses = number(wire.max_uses)
  const allowedDomains = strings(wire.allowed_domains)
  const blockedDomains = strings(wire.blocked_domains)
  const does: ServerAbility = {
    name,
    maxUses,
    allowedDomains,
    blockedDomains,
  }
  return { type: 'server', protocol: 'anthropic', wire, does }
}

function strings(value: JsonValue | undefined): string[] | undefined {
  return Array.isArray(value) ? value.filter(item => typeof item === 'string') : undefined
}

export function decodeToolChoice(wire: JsonObject | undefined): ConversationRequest['toolChoice'] {
  switch (wire?.type) {
    case 'any':
      return { mode: 'required' }
    case 'none':
      return { mode: 'none' }
    case 'tool':
      return { mode: 'tool', name: text(wire.name) ?? '' }
    case 'auto':
    case undefined:
      return { mode: 'auto' }
    default: {
      const word = wire?.type ?? null
      const choice = { mode: 'auto' as const }
      return unknownWord(choice, 'anthropic', 'tool_choice.type', { word, taken: 'auto' })
    }
  }
}

export function encodeTools(request: ConversationRequest, losses: Loss[]): JsonObject {
  const { tools, toolChoice } = request
  const asWritten = memory.recall(tools)
  const wires =
    asWritten === undefined
      ? tools.flatMap((tool, index): JsonObject[] => {
          const wire = encodeTool(tool, `tools[${index}]`, losses)
          return wire === undefined ? [] : [wire]
        })
      : asWritten
  if (wires === null || (asWritten === undefined && tools.length === 0)) return {}
  const written = memory.recall(toolChoice)
  const choice = written === undefined ? encodeToolChoice(request) : written
  return { tools: wires, tool_choice: choice ?? undefined }
}

function encodeToolChoice({
  toolChoice,
  parallelTools,
}: ConversationRequest): JsonObject | undefined {
  const single = parallelTools === false ? { disable_parallel_tool_use: true } : {}
  switch (toolChoice.mode) {
    case 'required':
      return { type: 'any', ...single }
    case 'tool':
      return { type: 'tool', name: toolChoice.name, ...single }
    case 'none':
      return { type: 'none' }
    case 'auto':
      return parallelTools === false ? { type: 'auto', ...single } : undefined
  }
}

function encodeTool(tool: Tool, path: string, losses: Loss[]): JsonObject | undefined {
  if (tool.type === 'server') {
    if (tool.protocol === 'anthropic') return tool.wire
    const equivalent = encodeAbility(tool.does)
    if (equivalent) return equivalent
    const name =
      text(object(tool.wire.function)?.name) ??
      text(tool.wire.name) ??
      text(tool.wire.type) ??
      'tool'
    losses.push({ path, reason: `the server tool ${name} has no equivalent and was left out` })
    return undefined
  }
  if (tool.type === 'custom') {
    losses.push({ path, reason: `the free-text tool ${tool.name} has no equivalent` })
    return undefined
  }
  const asWritten = memory.recall(tool)
  if (isObject(asWritten)) return asWritten
  // The schema must be an object's, even of a tool without parameters.
  const schema =
    tool.parameters.type === undefined ? { type: 'object', ...tool.parameters } : tool.parameters
  return {
    name: tool.name,
    description: tool.description,
    input_schema: schema,
    strict: tool.strict === true ? true : undefined,
    cache_control: tool.cache ? cacheControl(tool.cache) : undefined,
    ...tool.extensions?.anthropic,
  }
}

const SERVER_TOOLS = {
  'web-search': { type: 'web_search_20250305', name: 'web_search' },
  'web-fetch': { type: 'web_fetch_20250910', name: 'web_fetch' },
  'code-execution': { type: 'code_execution_20250825', name: 'code_execution' },
} as const satisfies Record<ServerAbility['name'], JsonObject>

function encodeAbility(does: ServerAbility | undefined): JsonObject | undefined {
  if (!does) return undefined
  const { maxUses, allowedDomains, blockedDomains } = does
  if (does.name === 'code-execution') return { ...SERVER_TOOLS[does.name] }
  return {
    ...SERVER_TOOLS[does.name],
    max_uses: maxUses,
    allowed_domains: allowedDomains,
    blocked_domains: allowedDomains ? undefined : blockedDomains,
  }
}
