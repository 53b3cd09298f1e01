import type { Usage } from '../../conversation/index.ts'
import type { JsonObject } from '../../lib/json/json.ts'
import { count, object } from '../../lib/json/read-json.ts'
import { splitInput, statedInput } from '../shared/input-usage.ts'

/** `input_tokens` already includes cached ones; ours never overlap. */
export function decodeUsage(wire: JsonObject): Usage {
  const details = object(wire.input_tokens_details)
  const cacheRead = count(details?.cached_tokens)
  const cacheWrite = count(details?.cache_write_tokens)
  const input = splitInput(count(wire.input_tokens), cacheRead, cacheWrite)
  const usage: Usage = { raw: wire, ...input }
  const output = count(wire.output_tokens)
  if (output !== undefined) usage.output = output
  const reasoning = count(object(wire.output_tokens_details)?.reasoning_tokens)
  if (reasoning !== undefined) usage.reasoning = reasoning
  return usage
}

/** Integers always; the upstream's own object where it is of this shape. */
export function encodeUsage(usage: Usage): JsonObject {
  if (usage.raw && object(usage.raw.input_tokens_details) && 'total_tokens' in usage.raw)
    return usage.raw
  const { total, cacheRead, cacheWrite } = statedInput(usage)
  const output = usage.output ?? 0
  return {
    input_tokens: total,
    input_tokens_details: {
      cached_tokens: cacheRead ?? 0,
      cache_write_tokens: cacheWrite ?? 0,
    },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: usage.reasoning ?? 0 },
    total_tokens: total + output,
  }
}
