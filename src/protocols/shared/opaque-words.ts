import type { JsonObject } from '../../lib/json/json.ts'
import { objects, text } from '../../lib/json/read-json.ts'

/**
 * The plain text of a block that only its own protocol can read: a tool that was loaded by
 * its name, a search result with where it is from, else its own text or that of the blocks in it.
 */
export function opaqueWords(wire: JsonObject): string {
  if (wire.type === 'tool_reference') return `tool ${text(wire.tool_name) ?? ''} loaded`
  const words =
    text(wire.text) ??
    objects(wire.content)
      .flatMap(inner => text(inner.text) ?? [])
      .join('\n')
  if (wire.type !== 'search_result') return words
  const [title, source] = [text(wire.title), text(wire.source)]
  const from = title && source ? `${title} (${source})` : (title ?? source)
  return from ? `${from}:\n${words}` : words
}

/** Whether that text is the block's whole content. */
export function isAllWords({ type }: JsonObject): boolean {
  return type === 'tool_reference' || type === 'search_result'
}
