import type { Usage } from '../../conversation/index.ts'
import type { JsonObject } from '../../lib/json/json.ts'
import { count } from '../../lib/json/read-json.ts'
import { splitInput, statedInput } from '../shared/input-usage.ts'

/** The prompt includes what was cached; thoughts come on top of what the candidates say. */
export function decodeUsage(wire: JsonObject): Usage {
  const cached = count(wire.cachedContentTokenCount)
  const usage: Usage = {
    raw: wire,
    ...splitInput(count(wire.promptTokenCount), cached, undefined),
  }
  const results = count(wire.toolUsePromptTokenCount) ?? 0
  if (usage.fresh !== undefined) usage.fresh += results
  const said = count(wire.candidatesTokenCount)
  const reasoning = count(wire.thoughtsTokenCount)
  if (said !== undefined || reasoning !== undefined) usage.output = (said ?? 0) + (reasoning ?? 0)
  if (reasoning !== undefined) usage.reasoning = reasoning
  return usage
}

/** The upstream's own object where it is of this shape. */
export function encodeUsage(usage: Usage): JsonObject {
  if (usage.raw && 'promptTokenCount' in usage.raw) return usage.raw
  const { output = 0, reasoning } = usage
  const { total: prompt, cacheRead } = statedInput(usage)
  return {
    promptTokenCount: prompt,
    candidatesTokenCount: Math.max(0, output - (reasoning ?? 0)),
    totalTokenCount: prompt + output,
    ...(cacheRead === undefined ? {} : { cachedContentTokenCount: cacheRead }),
    ...(reasoning === undefined ? {} : { thoughtsTokenCount: reasoning }),
  }
}
