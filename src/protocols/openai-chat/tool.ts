import type { ConversationRequest, Tool } from '../../conversation/index.ts'
import type { JsonObject, JsonValue } from '../../lib/json/json.ts'
import { flag, object, objects, text, without } from '../../lib/json/read-json.ts'
import type { Loss } from '../codec.ts'
import { decodeAllowed, decodeChoiceMode } from '../shared/openai/request-words.ts'
import { originalSpelling, spellingOf, unlessEmpty, withSpelling } from './spelling.ts'

type Choice = ConversationRequest['toolChoice']

/** The members that hold the choice. */
export const CHOICE = ['tool_choice', 'function_call']

export function decodeTools(body: JsonObject): Tool[] {
  return [
    ...objects(body.tools).map(decodeTool),
    ...objects(body.functions).map(wire => decodeFunction(wire, {}, { old: true })),
  ]
}

/** Some clients leave `type` out, and some declare a function as Responses does, in one object. */
function decodeTool(wire: JsonObject): Tool {
  const declared = object(wire.function)
  const custom = object(wire.custom)
  const type = wire.type ?? (custom ? 'custom' : 'function')
  if (type === 'custom' && custom) return decodeCustom(custom, wire)
  if (type === 'function' && declared)
    return decodeFunction(declared, without(wire, 'type', 'function'), {})
  if (type === 'function' && text(wire.name)) return decodeFunction(without(wire, 'type'), {}, {})
  return { type: 'server', protocol: 'openai-chat', wire }
}

/** A tool of free text; the wire's form of its grammar is kept beside what others can read of it. */
function decodeCustom(custom: JsonObject, wire: JsonObject): Tool {
  const description = text(custom.description)
  const format = object(custom.format)
  return {
    type: 'custom',
    name: text(custom.name) ?? '',
    description,
    format: format ? { ...format, ...object(format.grammar) } : undefined,
    ...withSpelling({}, { wire }),
  }
}

function encodeCustom(tool: ToolOf<'custom'>): JsonObject {
  const asWritten = object(spellingOf(tool).wire)
  if (asWritten) return asWritten
  const { name, description, format } = tool
  const grammar: JsonObject | undefined =
    format?.type === 'grammar'
      ? { definition: format.definition ?? '', syntax: format.syntax ?? 'lark' }
      : undefined
  return {
    type: 'custom',
    custom: {
      name,
      description,
      format: grammar ? { type: 'grammar', grammar } : undefined,
    },
  }
}

function decodeFunction(declared: JsonObject, outer: JsonObject, shape: JsonObject): Tool {
  const description = text(declared.description)
  const parameters = object(declared.parameters)
  const strict = declared.strict
  const cache = object(outer.cache_control)
  const read = [
    'name',
    ...(description === undefined ? [] : ['description']),
    ...(parameters ? ['parameters'] : []),
    ...(typeof strict === 'boolean' ? ['strict'] : []),
  ]
  return {
    type: 'function',
    name: text(declared.name) ?? '',
    description,
    parameters: parameters ?? {},
    strict: flag(strict),
    ...(cache ? { cache: { ttl: cache.ttl === '1h' ? '1h' : '5m' } } : {}),
    ...withSpelling(outer, {
      ...shape,
      ...unlessEmpty('inner', without(declared, ...read)),
      ...(parameters ? {} : { bare: true }),
    }),
  }
}

/**
 * Without a tool the members about tools are refused, so they are left out with them, unless that
 * is what the client wrote.
 */
export function encodeToolUse(
  request: ConversationRequest,
  own: JsonObject | undefined,
  losses: Loss[],
): JsonObject {
  const tools = encodeTools(request.tools, losses)
  if (Object.keys(tools).length === 0 && !(own && 'tools' in own)) return {}
  return {
    ...tools,
    ...encodeChoice(request.toolChoice, own),
    ...(request.parallelTools === undefined ? {} : { parallel_tool_calls: request.parallelTools }),
  }
}

function encodeChoice(choice: Choice, own: JsonObject | undefined): JsonObject {
  const original = own && originalSpelling(own, CHOICE, decodeToolChoice, choice)
  if (original) return original
  return choice.mode === 'auto' ? {} : { tool_choice: encodeToolChoice(choice) }
}

/** `tools` and, from clients that still have them, `functions`; neither where there are none. */
function encodeTools(tools: readonly Tool[], losses: Loss[]): JsonObject {
  const wires: JsonObject[] = []
  const functions: JsonObject[] = []
  for (const [index, tool] of tools.entries()) {
    if (tool.type === 'server') wires.push(...encodeServerTool(tool, `tools[${index}]`, losses))
    else if (tool.type === 'custom') wires.push(encodeCustom(tool))
    else if (spellingOf(tool).old === true) functions.push(encodeFunction(tool))
    else
      wires.push({
        type: 'function',
        function: encodeFunction(tool),
        ...tool.extensions?.['openai-chat'],
      })
  }
  return {
    ...(wires.length > 0 ? { tools: wires } : {}),
    ...(functions.length > 0 ? { functions } : {}),
  }
}

type ToolOf<Type extends Tool['type']> = Extract<Tool, { type: Type }>

function encodeServerTool(tool: ToolOf<'server'>, path: string, losses: Loss[]): JsonObject[] {
  if (tool.protocol === 'openai-chat') return [tool.wire]
  const name = text(tool.wire.name) ?? text(tool.wire.type) ?? 'tool'
  losses.push({ path, reason: `the server tool ${name} has no equivalent and was left out` })
  return []
}

function encodeFunction(tool: ToolOf<'function'>): JsonObject {
  const shape = spellingOf(tool)
  return {
    name: tool.name,
    description: tool.description,
    ...(shape.bare === true ? {} : { parameters: tool.parameters }),
    strict: tool.strict,
    ...object(shape.inner),
  }
}

export function decodeToolChoice(wire: JsonObject): Choice {
  const choice = wire.tool_choice ?? wire.function_call
  const named = object(choice)
  const allowed = object(named?.allowed_tools)
  if (allowed)
    return decodeAllowed(modeOf(allowed.mode), 'openai-chat', 'tool_choice.allowed_tools')
  const name =
    text(object(named?.function)?.name) ?? text(object(named?.custom)?.name) ?? text(named?.name)
  return name === undefined ? modeOf(named?.type ?? choice) : { mode: 'tool', name }
}

/** `any` is Mistral's word. */
function modeOf(mode: JsonValue | undefined): Choice {
  return decodeChoiceMode(mode === 'any' ? 'required' : mode, 'openai-chat')
}

function encodeToolChoice(choice: Choice): JsonValue {
  if (choice.mode !== 'tool') return choice.mode
  return { type: 'function', function: { name: choice.name } }
}
