import type { ConversationRequest } from '../../conversation/index.ts'
import type { JsonObject } from '../../lib/json/json.ts'
import { objects } from '../../lib/json/read-json.ts'

/**
 * Clients of other protocols cannot mark what is to be cached, so an agent's long prompt would be
 * paid in full at every turn. Where one sends tools and no marker, its prefix and its latest turn
 * are marked for it.
 */
export function cacheForeignPrefix({ messages }: ConversationRequest, body: JsonObject): void {
  const foreign = messages.some(({ origin }) => origin !== undefined && origin !== 'anthropic')
  if (!foreign || objects(body.tools).length === 0 || isMarked(body)) return
  const prefix = objects(body.system)
  const blocks = prefix.length > 0 ? prefix : objects(body.tools)
  const last = objects(objects(body.messages).at(-1)?.content).at(-1)
  for (const block of [blocks.at(-1), last])
    if (block && block.type !== 'thinking') block.cache_control = { type: 'ephemeral' }
}

function isMarked(body: JsonObject): boolean {
  return JSON.stringify([body.tools, body.system, body.messages]).includes('"cache_control"')
}

export function cacheControl({ ttl }: { ttl: '5m' | '1h' }): JsonObject {
  return ttl === '1h' ? { type: 'ephemeral', ttl } : { type: 'ephemeral' }
}

const MAX_CACHE_MARKERS = 4

/** Four markers are allowed; the last ones cover the most. */
export function keepCacheMarkers(body: JsonObject): void {
  const marked: JsonObject[] = []
  const visit = (blocks: readonly JsonObject[]): void => {
    for (const block of blocks) {
      if (block.cache_control) marked.push(block)
      visit(objects(block.content))
    }
  }
  visit(objects(body.tools))
  visit(objects(body.system))
  visit(objects(body.messages))
  for (const block of marked.slice(0, Math.max(0, marked.length - MAX_CACHE_MARKERS)))
    delete block.cache_control
}
