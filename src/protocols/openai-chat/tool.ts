import { createHash } from 'node:crypto'
import type { ConversationRequest, Tool } from '../../conversation/index.ts'
import type { JsonObject, JsonValue } from '../../lib/json.ts'
import { object, text, without } from '../../lib/wire.ts'
import type { Loss } from '../codec.ts'
import { extended } from './extended.ts'

export function decodeTool(wire: JsonObject): Tool {
  const declared = object(wire.function)
  if (wire.type !== 'function' || !declared)
    return { type: 'server', protocol: 'openai-chat', wire }
  return decodeFunction(declared, without(wire, 'type', 'function'))
}

/** Also the older form, an entry of `functions`. */
export function decodeFunction(declared: JsonObject, outer: JsonObject = {}): Tool {
  const description = text(declared.description)
  return {
    type: 'function',
    name: text(declared.name) ?? '',
    ...(description === undefined ? {} : { description }),
    parameters: object(declared.parameters) ?? {},
    ...(typeof declared.strict === 'boolean' ? { strict: declared.strict } : {}),
    ...extended({
      ...outer,
      ...prefixed(without(declared, 'name', 'description', 'parameters', 'strict')),
      ...(declared.parameters === undefined ? { 'function.parameters': null } : {}),
    }),
  }
}

/** Members of the inner object keep apart from the outer one's by their prefix. */
function prefixed(wire: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(wire).map(([name, value]) => [`function.${name}`, value]),
  )
}

export function encodeTool(tool: Tool, path: string, losses: Loss[]): JsonObject | undefined {
  if (tool.type === 'server') {
    if (tool.protocol === 'openai-chat') return tool.wire
    const name = text(tool.wire.name) ?? text(tool.wire.type) ?? 'tool'
    losses.push({ path, reason: `the server tool ${name} has no equivalent and was left out` })
    return undefined
  }
  const own = tool.extensions?.['openai-chat'] ?? {}
  const declared: JsonObject = {
    name: toolName(tool.name),
    ...(tool.description === undefined ? {} : { description: tool.description }),
    ...('function.parameters' in own ? {} : { parameters: tool.parameters }),
    ...(tool.strict === undefined ? {} : { strict: tool.strict }),
  }
  const outer: JsonObject = { type: 'function', function: declared }
  for (const [name, value] of Object.entries(own)) {
    if (name === 'function.parameters') continue
    if (name.startsWith('function.')) declared[name.slice(9)] = value
    else outer[name] = value
  }
  return outer
}

const LEGAL_NAME = /^[a-zA-Z0-9_-]{1,64}$/

/** The same name always becomes the same legal one; two names never become one. */
export function toolName(name: string): string {
  if (LEGAL_NAME.test(name)) return name
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 8)
  return `${name.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 55)}_${digest}`
}

export function decodeToolChoice(wire: JsonObject): ConversationRequest['toolChoice'] {
  const choice = wire.tool_choice ?? wire.function_call
  if (choice === 'none') return { mode: 'none' }
  if (choice === 'required') return { mode: 'required' }
  const named = object(choice)
  const name =
    text(object(named?.function)?.name) ?? text(object(named?.custom)?.name) ?? text(named?.name)
  return name === undefined ? { mode: 'auto' } : { mode: 'tool', name }
}

export function encodeToolChoice(choice: ConversationRequest['toolChoice']): JsonValue {
  return choice.mode === 'tool'
    ? { type: 'function', function: { name: toolName(choice.name) } }
    : choice.mode
}
