import type { JsonObject, JsonValue } from '../../../src/lib/json/json.ts'
import { list, object, words } from '../readers/seen.ts'
import { type Asked, type Call, parametersOf, Reading, textsIn, UNWRITTEN } from './asked.ts'

export function readAnthropic(body: JsonObject): Asked {
  const reading = new Reading()
  for (const text of textsIn(body.system)) reading.say(text)
  for (const { content, role } of list(body.messages)) {
    if (typeof content === 'string') reading.say(content)
    const calls: Call[] = []
    for (const block of list(content)) {
      if (block.type === 'tool_use')
        calls.push({ id: words(block.id), name: words(block.name), arguments: block.input ?? {} })
      else if (block.type === 'tool_result') {
        reading.answer({ id: words(block.tool_use_id), text: resultText(block.content) })
        for (const inner of list(block.content)) mediaIn(inner, reading)
      } else {
        reading.say(block.text ?? plainDocument(block))
        mediaIn(block, reading)
      }
    }
    if (role === 'assistant') reading.call(calls)
  }
  for (const tool of list(body.tools)) {
    // Claude Code's word to its vendor that there is more to load; it cannot be called.
    if (tool.name === 'DeferredToolPlaceholder') continue
    if (tool.input_schema)
      reading.tool(tool.name, tool.description, parametersOf(tool.input_schema))
    else if (CLIENT_RUN.test(words(tool.type))) reading.tool(tool.name, '', UNWRITTEN)
    else reading.own.push(words(tool.type))
  }
  const choice = object(body.tool_choice)
  reading.choice =
    { any: 'required', none: 'none', tool: words(choice.name) }[words(choice.type)] ?? 'auto'
  const format = object(object(body.output_config).format ?? body.output_format)
  if (format.type === 'json_schema') reading.format = format.schema
  reading.cap = body.max_tokens
  return reading.done()
}

/** Tools that the client runs itself, known to the vendor's models by type. */
const CLIENT_RUN = /^(bash|text_editor|memory|computer)_\d{8}$/

/** A tool that was loaded is told by its name alone. */
function resultText(content: JsonValue | undefined): string {
  if (typeof content === 'string') return content
  return list(content)
    .map(block => {
      if (block.type === 'tool_reference') return `tool ${words(block.tool_name)} loaded`
      if (block.type === 'search_result')
        return `${words(block.title)} (${words(block.source)}):\n${textsIn(block.content).join('\n')}`
      return plainDocument(block) ?? words(block.text)
    })
    .join('\n')
}

/** A document of text is text wherever it goes, its name in front. */
function plainDocument({ source, title }: JsonObject): string | undefined {
  const { type, data } = object(source)
  if (type !== 'text') return undefined
  return title ? `${words(title)}:\n${words(data)}` : words(data)
}

function mediaIn(block: JsonObject, reading: Reading): void {
  const source = object(block.source)
  if ((block.type !== 'image' && block.type !== 'document') || source.type === 'text') return
  const media = words(source.data) || words(source.url)
  if (media) reading.media.push(media)
}
