import type { ConversationRequest, ServerAbility, Tool } from '../../conversation/index.ts'
import type { JsonObject } from '../../lib/json/json.ts'
import { object, text } from '../../lib/json/read-json.ts'
import { table } from '../../lib/json/table.ts'
import type { Loss } from '../codec.ts'
import { withExtensions } from '../shared/extensions.ts'
import { misreadAs, unknownWord } from '../shared/foreign-members.ts'
import { enumName } from './enums.ts'
import { objectsOf, textsOf } from './lenient.ts'
import { member, others } from './names.ts'
import type { SchemaWriter } from './schema/encode.ts'
import { liftSchema } from './schema/lift.ts'

const ABILITIES = table<ServerAbility['name']>({
  googleSearch: 'web-search',
  google_search: 'web-search',
  googleSearchRetrieval: 'web-search',
  google_search_retrieval: 'web-search',
  urlContext: 'web-fetch',
  url_context: 'web-fetch',
  codeExecution: 'code-execution',
  code_execution: 'code-execution',
})

/** One object may declare functions and several abilities of the service. */
export function decodeTools(wires: readonly JsonObject[]): Tool[] {
  return wires.flatMap(wire => {
    const tools: Tool[] = objectsOf(member(wire, 'functionDeclarations')).map(decodeFunction)
    for (const [name, value] of Object.entries(others(wire, ['functionDeclarations']))) {
      const ability = ABILITIES[name]
      tools.push({
        type: 'server',
        protocol: 'gemini',
        wire: { [name]: value },
        does: ability ? { name: ability } : undefined,
      })
    }
    return tools
  })
}

const FUNCTION = ['name', 'description', 'parameters', 'parametersJsonSchema']

function decodeFunction(wire: JsonObject): Tool {
  const description = text(wire.description)
  const schema = object(member(wire, 'parametersJsonSchema')) ?? object(wire.parameters)
  return {
    type: 'function',
    name: text(wire.name) ?? '',
    description,
    parameters: schema ? liftSchema(schema) : { type: 'object', properties: {} },
    ...withExtensions('gemini', others(wire, FUNCTION)),
  }
}

export function encodeTools(
  tools: readonly Tool[],
  schemas: SchemaWriter,
  losses: Loss[],
): JsonObject[] {
  const functions = tools.flatMap((tool, index) =>
    tool.type === 'function' ? [encodeFunction(tool, `tools[${index}]`, schemas)] : [],
  )
  const wires: JsonObject[] = functions.length > 0 ? [{ functionDeclarations: functions }] : []
  for (const [index, tool] of tools.entries()) {
    const path = `tools[${index}]`
    if (tool.type === 'custom')
      losses.push({ path, reason: `the free-text tool ${tool.name} has no equivalent` })
    if (tool.type === 'server') wires.push(...encodeServerTool(tool, path, functions, losses))
  }
  return wires
}

function encodeFunction(
  tool: Extract<Tool, { type: 'function' }>,
  path: string,
  schemas: SchemaWriter,
): JsonObject {
  return {
    name: tool.name,
    // The service refuses a declaration without one.
    description: tool.description || tool.name,
    ...schemas.parameters(tool.parameters, path),
    ...tool.extensions?.gemini,
  }
}

const SERVER_TOOLS: Record<ServerAbility['name'], string> = {
  'web-search': 'googleSearch',
  'web-fetch': 'urlContext',
  'code-execution': 'codeExecution',
}

/** The service takes its own tools and declared functions only apart from each other. */
function encodeServerTool(
  tool: Extract<Tool, { type: 'server' }>,
  path: string,
  functions: readonly JsonObject[],
  losses: Loss[],
): JsonObject[] {
  if (tool.protocol === 'gemini') return [tool.wire]
  const name = text(tool.wire.name) ?? text(tool.wire.type) ?? 'tool'
  if (!tool.does) {
    losses.push({ path, reason: `the server tool ${name} has no equivalent and was left out` })
    return []
  }
  if (functions.length > 0) {
    losses.push({ path, reason: `the server tool ${name} cannot be used together with functions` })
    return []
  }
  return [{ [SERVER_TOOLS[tool.does.name]]: {} }]
}

type Choice = ConversationRequest['toolChoice']

const MODES = ['MODE_UNSPECIFIED', 'AUTO', 'ANY', 'NONE', 'VALIDATED']

export function decodeToolChoice(config: JsonObject | undefined): Choice {
  const calling = object(member(config, 'functionCallingConfig'))
  const mode = enumName(calling?.mode, MODES) ?? 'AUTO'
  const names = textsOf(member(calling, 'allowedFunctionNames')) ?? []
  const [only, ...more] = names
  if (mode === 'ANY' && only !== undefined && more.length === 0) return { mode: 'tool', name: only }
  if (!MODES.includes(mode)) return unknownMode(mode)
  const choice: Choice = { mode: CHOICES[mode] ?? 'auto' }
  if (names.length === 0 || (mode !== 'ANY' && mode !== 'VALIDATED')) return choice
  const reason = 'the other functions may be called as well'
  return misreadAs(choice, 'gemini', `${CALLING}.allowedFunctionNames`, reason)
}

const CALLING = 'toolConfig.functionCallingConfig'
const CHOICES = table<'none' | 'required'>({ NONE: 'none', ANY: 'required' })

function unknownMode(word: string): Choice {
  const choice: Choice = { mode: 'auto' }
  return unknownWord(choice, 'gemini', `${CALLING}.mode`, { word, taken: 'auto' })
}

export function encodeToolChoice(choice: Choice): JsonObject | undefined {
  switch (choice.mode) {
    case 'auto':
      return undefined
    case 'none':
      return { functionCallingConfig: { mode: 'NONE' } }
    case 'required':
      return { functionCallingConfig: { mode: 'ANY' } }
    case 'tool':
      return { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: [choice.name] } }
  }
}
