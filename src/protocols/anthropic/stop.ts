import type { Stop } from '../../conversation/index.ts'

/** Why the model stopped, from `stop_reason`. An unknown reason keeps its spelling in `raw`. */
export function decodeStop(raw: string | null, sequence: string | null): Stop {
  switch (raw) {
    case 'end_turn':
      return { reason: 'end', raw }
    case 'max_tokens':
    case 'model_context_window_exceeded':
      return { reason: 'length', raw }
    case 'stop_sequence':
      return { reason: 'stop-sequence', raw, ...(sequence === null ? {} : { sequence }) }
    case 'tool_use':
      return { reason: 'tool-calls', raw }
    case 'pause_turn':
      return { reason: 'paused', raw }
    case 'refusal':
      return { reason: 'refusal', raw }
    default:
      return { reason: 'other', raw }
  }
}

const SPELLED = {
  end: 'end_turn',
  'stop-sequence': 'stop_sequence',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  refusal: 'refusal',
  paused: 'pause_turn',
  other: 'end_turn',
} satisfies Record<Stop['reason'], string>

const OWN = new Set([
  'end_turn',
  'max_tokens',
  'model_context_window_exceeded',
  'stop_sequence',
  'tool_use',
  'pause_turn',
  'refusal',
  'compaction',
])

/** The inverse of `decodeStop`, as far as this protocol has reasons. */
export function encodeStop(stop: Stop): { stop_reason: string; stop_sequence: string | null } {
  const own = stop.raw !== null && OWN.has(stop.raw)
  return {
    stop_reason: own && stop.raw !== null ? stop.raw : SPELLED[stop.reason],
    stop_sequence: stop.sequence ?? null,
  }
}
