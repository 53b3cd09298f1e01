import { isObject, type JsonObject, type JsonValue } from '../../../src/lib/json/json.ts'
import { list, object, words } from '../readers/seen.ts'
import { type Asked, type Call, parametersOf, Reading } from './asked.ts'

export function readGemini(body: JsonObject): Asked {
  const reading = new Reading()
  for (const part of partsOf(either(body, 'systemInstruction'))) reading.say(part.text)
  const { contents } = body
  const all: JsonObject[] =
    typeof contents === 'string'
      ? [{ parts: [{ text: contents }] }]
      : isObject(contents)
        ? [contents]
        : list(contents)
  for (const content of all) {
    const calls: Call[] = []
    for (const part of partsOf(content)) {
      const call = object(either(part, 'functionCall'))
      const result = object(either(part, 'functionResponse'))
      if (call.name)
        calls.push({ id: words(call.id), name: words(call.name), arguments: call.args ?? {} })
      else if (result.name !== undefined) {
        const text = outputText(object(result.response))
        reading.answer({ id: words(result.id), name: words(result.name), text })
        for (const inner of list(result.parts)) mediaIn(inner, reading)
      } else if (part.thought !== true) reading.say(part.text)
      mediaIn(part, reading)
    }
    if (content.role === 'model') reading.call(calls)
  }
  const { tools } = body
  for (const tool of isObject(tools) ? [tools] : list(tools)) readTool(tool, reading)
  const calling = object(either(object(either(body, 'toolConfig')), 'functionCallingConfig'))
  const allowed = calling.allowedFunctionNames
  const only = Array.isArray(allowed) && allowed.length === 1 ? words(allowed[0]) : ''
  reading.choice =
    { ANY: only || 'required', NONE: 'none' }[words(calling.mode).toUpperCase()] ?? 'auto'
  const config = object(either(body, 'generationConfig'))
  if (either(config, 'responseMimeType') === 'application/json')
    reading.format =
      either(config, 'responseJsonSchema') ?? either(config, 'responseSchema') ?? 'json'
  reading.cap = either(config, 'maxOutputTokens')
  return reading.done()
}

function either(wire: JsonObject, name: string): JsonValue | undefined {
  return wire[name] ?? wire[name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)]
}

function partsOf(content: JsonValue | undefined): JsonObject[] {
  if (typeof content === 'string') return [{ text: content }]
  const { parts } = object(content)
  if (isObject(parts)) return [parts]
  return Array.isArray(parts)
    ? parts.flatMap(part =>
        typeof part === 'string' ? [{ text: part }] : isObject(part) ? [part] : [],
      )
    : []
}

/** The member that clients agree on, or the whole object. */
function outputText(response: JsonObject): string {
  const [only, ...more] = Object.entries(response)
  const usual = only && /^(output|result|content|error)$/.test(only[0]) && more.length === 0
  const value = usual ? only[1] : only ? response : ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function readTool(tool: JsonObject, reading: Reading): void {
  for (const declared of list(either(tool, 'functionDeclarations'))) {
    const schema = either(declared, 'parametersJsonSchema') ?? declared.parameters
    reading.tool(declared.name, declared.description, parametersOf(schema))
  }
  for (const name of Object.keys(tool))
    if (!/^function_?declarations$/i.test(name)) reading.own.push(name)
}

function mediaIn(part: JsonObject, reading: Reading): void {
  const inline = object(either(part, 'inlineData'))
  if (words(either(inline, 'mimeType')).startsWith('text/'))
    reading.say(Buffer.from(words(inline.data), 'base64').toString())
  else if (inline.data) reading.media.push(words(inline.data))
  const file = object(either(part, 'fileData'))
  const uri = either(file, 'fileUri')
  if (uri) reading.media.push(words(uri))
}
