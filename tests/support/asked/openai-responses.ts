import type { JsonObject, JsonValue } from '../../../src/lib/json/json.ts'
import { list, object, parsed, words } from '../readers/seen.ts'
import {
  type Asked,
  addressed,
  type Call,
  parametersOf,
  Reading,
  textsIn,
  UNWRITTEN,
} from './asked.ts'

export function readOpenaiResponses(body: JsonObject): Asked {
  const reading = new Reading()
  reading.say(body.instructions)
  if (typeof body.input === 'string') reading.say(body.input)
  const items = list(body.input)
  const declared = [
    ...list(body.tools),
    ...items.flatMap(item => (item.type === 'additional_tools' ? list(item.tools) : [])),
  ]
  for (const tool of declared) readTool(tool, '', reading)
  const flat = namesOf(declared)
  let calls: Call[] = []
  for (const item of items) {
    const type = words(item.type) || 'message'
    if (type === 'function_call' || type === 'custom_tool_call') {
      calls.push({
        id: words(item.call_id),
        name: flat(words(item.name), words(item.namespace)),
        arguments:
          type === 'function_call' ? parsed(words(item.arguments)) : { input: words(item.input) },
      })
      continue
    }
    if (type === 'reasoning') continue
    if (calls.length > 0) reading.call(calls)
    calls = []
    if (type === 'function_call_output' || type === 'custom_tool_call_output')
      readOutput(item, reading)
    else if (type === 'message') readContent(item.content, reading)
  }
  if (calls.length > 0) reading.call(calls)
  const choice = object(body.tool_choice)
  reading.choice = words(body.tool_choice) || words(choice.name) || words(choice.mode) || 'auto'
  const format = object(object(body.text).format)
  if (format.type === 'json_schema') reading.format = format.schema
  if (format.type === 'json_object') reading.format = 'json'
  reading.cap = body.max_output_tokens
  return reading.done()
}

function readTool(tool: JsonObject, namespace: string, reading: Reading): void {
  const name = namespace === '' ? words(tool.name) : `${namespace}__${words(tool.name)}`
  if (tool.type === 'function') reading.tool(name, tool.description, parametersOf(tool.parameters))
  else if (tool.type === 'tool_search' && tool.execution === 'client')
    reading.tool('tool_search', tool.description, parametersOf(tool.parameters))
  else if (tool.type === 'custom') reading.tool(name, tool.description, UNWRITTEN)
  else if (tool.type === 'namespace') {
    const inner = words(tool.name)
    for (const definition of list(tool.tools))
      readTool(definition, inner === 'functions' ? '' : inner, reading)
  } else reading.own.push(words(tool.type))
}

/** A tool in a namespace is known by both names, if that namespace was declared. */
function namesOf(tools: readonly JsonObject[]): (name: string, namespace: string) => string {
  const namespaces = new Set(
    tools.flatMap(({ type, name }) => (type === 'namespace' ? [words(name)] : [])),
  )
  return (name, namespace) =>
    namespaces.has(namespace) && namespace !== 'functions' ? `${namespace}__${name}` : name
}

function readOutput({ call_id, output }: JsonObject, reading: Reading): void {
  const spelled = typeof output === 'string' && output.startsWith('[{"type":"input_')
  const content = spelled ? (JSON.parse(output) as JsonValue) : output
  reading.answer({ id: words(call_id), text: textsIn(content).join('\n') })
  for (const part of list(content)) mediaIn(part, reading)
}

function readContent(content: JsonValue | undefined, reading: Reading): void {
  for (const text of textsIn(content)) reading.say(text)
  for (const part of list(content)) {
    reading.say(part.refusal)
    mediaIn(part, reading)
  }
}

function mediaIn(part: JsonObject, reading: Reading): void {
  const media = part.image_url ?? part.file_data ?? part.file_url
  if (media) reading.media.push(addressed(media))
}
