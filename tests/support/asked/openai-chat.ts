import type { JsonObject, JsonValue } from '../../../src/lib/json/json.ts'
import { list, object, parsed, words } from '../readers/seen.ts'
import { type Asked, addressed, parametersOf, Reading, textsIn, UNWRITTEN } from './asked.ts'

export function readOpenaiChat(body: JsonObject): Asked {
  const reading = new Reading()
  for (const message of list(body.messages)) {
    const { content, role } = message
    if (role === 'tool')
      reading.answer({
        id: words(message.tool_call_id),
        text: textsIn(content).join('\n'),
        ...(message.name ? { name: words(message.name) } : {}),
      })
    else if (role === 'function')
      reading.answer({ id: '', name: words(message.name), text: textsIn(content).join('\n') })
    else for (const text of textsIn(content)) reading.say(text)
    reading.say(message.refusal)
    for (const part of list(content)) mediaIn(part, reading)
    if (role === 'assistant') reading.call(callsOf(message))
  }
  for (const tool of list(body.tools)) {
    const declared = object(tool.function ?? tool.custom)
    if (tool.custom) reading.tool(declared.name, declared.description, UNWRITTEN)
    else if (tool.function)
      reading.tool(declared.name, declared.description, parametersOf(declared.parameters))
    else reading.own.push(words(tool.type))
  }
  for (const old of list(body.functions))
    reading.tool(old.name, old.description, parametersOf(old.parameters))
  reading.choice = choiceOf(body.tool_choice ?? body.function_call)
  const format = object(body.response_format)
  if (format.type === 'json_schema') reading.format = object(format.json_schema).schema
  if (format.type === 'json_object') reading.format = 'json'
  reading.cap = body.max_completion_tokens ?? body.max_tokens
  return reading.done()
}

function choiceOf(choice: JsonValue | undefined): string {
  if (typeof choice === 'string') return choice === 'any' ? 'required' : choice
  const { function: named, custom, name } = object(choice)
  return words(object(named ?? custom).name) || words(name) || 'auto'
}

function callsOf(message: JsonObject) {
  const calls = list(message.tool_calls).map(({ id, function: named, custom }) => {
    const declared = object(named ?? custom)
    const input = custom ? { input: words(declared.input) } : parsed(words(declared.arguments))
    return { id: words(id), name: words(declared.name), arguments: input }
  })
  const old = object(message.function_call)
  if (old.name)
    calls.push({ id: '', name: words(old.name), arguments: parsed(words(old.arguments)) })
  return calls
}

function mediaIn(part: JsonObject, reading: Reading): void {
  for (const member of ['image_url', 'video_url']) {
    const inner = part[member]
    if (inner) reading.media.push(addressed(typeof inner === 'string' ? inner : object(inner).url))
  }
  if (part.type === 'input_audio') reading.media.push(words(object(part.input_audio).data))
  const data = object(part.file).file_data
  if (part.type === 'file' && data) reading.media.push(addressed(data))
}
