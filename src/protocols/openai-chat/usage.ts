import type { Usage } from '../../conversation/index.ts'
import type { JsonObject } from '../../lib/json/json.ts'
import { count, object } from '../../lib/json/read-json.ts'
import { splitInput, statedInput } from '../shared/input-usage.ts'

/**
 * Input tokens, split so that the parts add up: `prompt_tokens` already includes cached ones, ours
 * never overlap.
 * @see https://platform.openai.com/docs/guides/prompt-caching
 */
export function decodeUsage(wire: JsonObject): Usage {
  const details = object(wire.prompt_tokens_details)
  const cacheRead = count(details?.cached_tokens) ?? count(wire.prompt_cache_hit_tokens)
  const cacheWrite = count(details?.cache_write_tokens)
  const completion = count(wire.completion_tokens)
  const reasoning = count(object(wire.completion_tokens_details)?.reasoning_tokens)
  const beside = completion === undefined ? 0 : countedBeside(wire, completion, reasoning ?? 0)
  const input = splitInput(count(wire.prompt_tokens), cacheRead, cacheWrite)
  const usage: Usage = { raw: wire, ...input }
  if (completion !== undefined) usage.output = completion + beside
  if (reasoning !== undefined) usage.reasoning = reasoning
  return usage
}

/** xAI and Vercel count reasoning beside the completion, everyone else within it. */
function countedBeside(wire: JsonObject, completion: number, reasoning: number): number {
  const total = count(wire.total_tokens)
  const prompt = count(wire.prompt_tokens) ?? 0
  return reasoning > completion || total === prompt + completion + reasoning ? reasoning : 0
}

/** Integers always, as clients add them up; the upstream's own object where it is of this shape. */
export function encodeUsage(usage: Usage): JsonObject {
  if (usage.raw && isOwn(usage.raw)) return usage.raw
  const { total, cacheRead, cacheWrite } = statedInput(usage)
  const output = usage.output ?? 0
  return {
    prompt_tokens: total,
    completion_tokens: output,
    total_tokens: total + output,
    prompt_tokens_details: {
      cached_tokens: cacheRead ?? 0,
      cache_write_tokens: cacheWrite,
    },
    completion_tokens_details: { reasoning_tokens: usage.reasoning ?? 0 },
  }
}

function isOwn(raw: JsonObject): boolean {
  return count(raw.prompt_tokens) !== undefined && count(raw.completion_tokens) !== undefined
}
