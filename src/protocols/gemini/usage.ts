import type { Usage } from '../../conversation/index.ts'
import type { JsonObject, JsonValue } from '../../lib/json/json.ts'
import { count } from '../../lib/json/read-json.ts'
import { splitInput, statedInput } from '../shared/input-usage.ts'
import { numberOf } from './lenient.ts'

/** Google's JSON may write a 64-bit number as text. */
function tokens(value: JsonValue | undefined): number | undefined {
  return count(numberOf(value))
}

/** The prompt includes what was cached; thoughts are not in the count of the candidates. */
export function decodeUsage(wire: JsonObject): Usage {
  const cached = tokens(wire.cachedContentTokenCount)
  const usage: Usage = {
    raw: wire,
    ...splitInput(tokens(wire.promptTokenCount), cached, undefined),
  }
  const results = tokens(wire.toolUsePromptTokenCount) ?? 0
  if (usage.fresh !== undefined) usage.fresh += results
  const candidates = tokens(wire.candidatesTokenCount)
  const reasoning = tokens(wire.thoughtsTokenCount)
  if (candidates !== undefined || reasoning !== undefined)
    usage.output = (candidates ?? 0) + (reasoning ?? 0)
  if (reasoning !== undefined) usage.reasoning = reasoning
  return usage
}

function withNumbers(raw: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(raw).map(([name, value]) => [name, numberOf(value) ?? value]),
  )
}

/** Integers always, as clients add them up; the upstream's own object where it is of this shape. */
export function encodeUsage(usage: Usage): JsonObject {
  if (usage.raw && 'promptTokenCount' in usage.raw) return withNumbers(usage.raw)
  const { output = 0, reasoning } = usage
  const { total: prompt, cacheRead } = statedInput(usage)
  return {
    promptTokenCount: prompt,
    candidatesTokenCount: Math.max(0, output - (reasoning ?? 0)),
    totalTokenCount: prompt + output,
    cachedContentTokenCount: cacheRead,
    thoughtsTokenCount: reasoning,
  }
}
