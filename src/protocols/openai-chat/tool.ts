import { createHash } from 'node:crypto'
import type { ConversationRequest, Tool } from '../../conversation/index.ts'
import type { JsonObject, JsonValue } from '../../lib/json.ts'
import { object, objects, text, without } from '../../lib/wire.ts'
import type { Loss } from '../codec.ts'
import { extended, membersOf, shapeOf, unlessEmpty } from './extended.ts'

export function decodeTools(body: JsonObject): Tool[] {
  return [
    ...objects(body.tools).map(decodeTool),
    ...objects(body.functions).map(wire => decodeFunction(wire, {}, { old: true })),
  ]
}

function decodeTool(wire: JsonObject): Tool {
  const declared = object(wire.function)
  if (wire.type !== 'function' || !declared)
    return { type: 'server', protocol: 'openai-chat', wire }
  return decodeFunction(declared, without(wire, 'type', 'function'), {})
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
    ...(description === undefined ? {} : { description }),
    parameters: parameters ?? {},
    ...(typeof strict === 'boolean' ? { strict } : {}),
    ...(cache ? { cache: { ttl: cache.ttl === '1h' ? '1h' : '5m' } } : {}),
    ...extended(outer, {
      ...shape,
      ...unlessEmpty('inner', without(declared, ...read)),
      ...(parameters ? {} : { bare: true }),
    }),
  }
}

/** `tools` and, from clients that still have them, `functions`; neither where there are none. */
export function encodeTools(tools: readonly Tool[], losses: Loss[]): JsonObject {
  const wires: JsonObject[] = []
  const functions: JsonObject[] = []
  for (const [index, tool] of tools.entries()) {
    if (tool.type === 'server') wires.push(...encodeServerTool(tool, `tools[${index}]`, losses))
    else if (shapeOf(tool).old === true) functions.push(encodeFunction(tool))
    else wires.push({ type: 'function', function: encodeFunction(tool), ...membersOf(tool) })
    if (tool.type === 'function' && toolName(tool.name) !== tool.name) {
      losses.push({ path: `tools[${index}].name`, reason: `sent as ${toolName(tool.name)}` })
    }
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
  const shape = shapeOf(tool)
  return {
    name: toolName(tool.name),
    ...(tool.description === undefined ? {} : { description: tool.description }),
    ...(shape.bare === true ? {} : { parameters: tool.parameters }),
    ...(tool.strict === undefined ? {} : { strict: tool.strict }),
    ...object(shape.inner),
  }
}

const LEGAL_NAME = /^[a-zA-Z0-9_-]{1,64}$/

/** The same name always becomes the same legal one; two names never become one. */
export function toolName(name: string): string {
  if (LEGAL_NAME.test(name)) return name
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 8)
  return `${name.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 55)}_${digest}`
}

type Choice = ConversationRequest['toolChoice']

export function decodeToolChoice(wire: JsonObject): Choice {
  const choice = wire.tool_choice ?? wire.function_call
  const named = object(choice)
  const mode = text(object(named?.allowed_tools)?.mode) ?? choice
  if (mode === 'none') return { mode: 'none' }
  if (mode === 'required' || mode === 'any') return { mode: 'required' }
  const name =
    text(object(named?.function)?.name) ?? text(object(named?.custom)?.name) ?? text(named?.name)
  return name === undefined ? { mode: 'auto' } : { mode: 'tool', name }
}

export function encodeToolChoice(choice: Choice): JsonValue {
  if (choice.mode !== 'tool') return choice.mode
  return { type: 'function', function: { name: toolName(choice.name) } }
}
