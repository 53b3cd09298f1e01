import type { Usage } from '../../conversation/index.ts'
import type { JsonObject } from '../../lib/json/json.ts'
import { count, object } from '../../lib/json/read-json.ts'

/** `input_tokens` counts only what no cache touched: the four numbers add up as they are. */
export function decodeUsage(wire: JsonObject): Usage {
  const usage: Usage = { raw: wire }
  const fresh = count(wire.input_tokens)
  if (fresh !== undefined) usage.fresh = fresh
  const cacheRead = count(wire.cache_read_input_tokens)
  if (cacheRead !== undefined) usage.cacheRead = cacheRead
  const cacheWrite = count(wire.cache_creation_input_tokens)
  if (cacheWrite !== undefined) usage.cacheWrite = cacheWrite
  const output = count(wire.output_tokens)
  if (output !== undefined) usage.output = output
  return usage
}

/** Responses counts in `input_tokens`, too, and has a total and details besides. */
function isOwn(raw: JsonObject): boolean {
  if (!('input_tokens' in raw) || 'total_tokens' in raw || 'input_tokens_details' in raw)
    return false
  return object(raw.output_tokens_details)?.reasoning_tokens === undefined
}

/** Integers always, as clients add them up; the upstream's own further members where it is of this shape. */
export function encodeUsage(usage: Usage): JsonObject {
  const own = usage.raw && isOwn(usage.raw) ? usage.raw : {}
  return {
    ...own,
    input_tokens: usage.fresh ?? 0,
    cache_creation_input_tokens: usage.cacheWrite ?? 0,
    cache_read_input_tokens: usage.cacheRead ?? 0,
    output_tokens: usage.output ?? 0,
  }
}
