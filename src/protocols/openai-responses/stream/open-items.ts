import type { Part } from '../../../conversation/index.ts'
import type { JsonObject } from '../../../lib/json/json.ts'
import { count, objects, text } from '../../../lib/json/read-json.ts'

/** A part of an item on its way; `text` is what its deltas brought so far. */
export type OpenPart = { index: number; type: Part['type']; text: string; cited: number }

export type OpenItem = {
  wire: JsonObject
  /** By content index; a message alone has several. */
  parts: Map<number, OpenPart>
  done: boolean
  /** Index of the summary that the last text belonged to. */
  summary?: number
}

/**
 * The items of one streamed response. An item is known by its id, since services count
 * `output_index` each in its own way, some anew for the final response; the index decides only
 * where there is no id, or where the service makes up a new one for every event.
 */
export class OpenItems {
  readonly all: OpenItem[] = []
  private readonly byId = new Map<string, OpenItem>()
  private readonly byIndex = new Map<number, OpenItem>()

  /** The item that an event other than `output_item.added` is about. */
  find(event: JsonObject, wire?: JsonObject): OpenItem | undefined {
    const id = text(event.item_id) ?? text(wire?.id)
    const known = id === undefined ? undefined : this.byId.get(id)
    if (known) return known
    const at = count(event.output_index)
    return at === undefined ? this.all[this.all.length - 1] : this.byIndex.get(at)
  }

  /** The same item where the service announces it twice. */
  add(event: JsonObject, wire: JsonObject): OpenItem {
    const id = text(wire.id) ?? text(event.item_id)
    const at = count(event.output_index)
    const before = id ? this.byId.get(id) : at === undefined ? undefined : this.byIndex.get(at)
    if (before && !before.done) return before
    const item: OpenItem = { wire, parts: new Map(), done: false }
    this.all.push(item)
    if (at !== undefined) this.byIndex.set(at, item)
    if (id) this.byId.set(id, item)
    return item
  }

  /** Which of the streamed items each item of the final response is; undefined: none of them. */
  matched(output: readonly JsonObject[]): (OpenItem | undefined)[] {
    const free = new Set(this.all)
    const take = (item: OpenItem | undefined): OpenItem | undefined =>
      item && free.delete(item) ? item : undefined
    const byId = output.map(wire => take(this.byId.get(text(wire.id) ?? '')))
    return output.map((wire, index) => {
      const known = byId[index]
      if (known) return known
      for (const item of free) if (isAlike(item.wire, wire)) return take(item)
      return undefined
    })
  }

  /** Whether the final response names each message by the id under which it was streamed. */
  namesMessages(output: readonly JsonObject[]): boolean {
    const ids = new Set(output.map(({ id }) => id))
    return this.all.every(
      ({ wire, parts }) =>
        wire.type !== 'message' || streamedTextOf(parts) === '' || ids.has(wire.id),
    )
  }

  /** All the text of messages that was streamed. */
  streamedText(): string {
    return this.all
      .map(({ wire, parts }) => (wire.type === 'message' ? streamedTextOf(parts) : ''))
      .join('')
  }
}

/** Whether an item without a known id may be this one: of its type, and the same call. */
function isAlike(wire: JsonObject, last: JsonObject): boolean {
  return wire.type === last.type && (!text(wire.call_id) || wire.call_id === last.call_id)
}

/** The text of a message, refusals included. */
export function wordsOf(message: JsonObject): string {
  return objects(message.content)
    .map(part => text(part.text) ?? text(part.refusal) ?? '')
    .join('')
}

/** All the text that was streamed of an item. */
export function streamedTextOf(parts: ReadonlyMap<number, OpenPart>): string {
  let streamed = ''
  for (const part of parts.values()) streamed += part.text
  return streamed
}
