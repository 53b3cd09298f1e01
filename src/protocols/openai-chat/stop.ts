import type { Stop } from '../../conversation/index.ts'

/**
 * Why the model stopped, from `choices[].finish_reason`. An unknown reason keeps its spelling in
 * `raw`. `calling`: the reply has calls; some services stop such a turn with "stop", or without a reason.
 */
export function decodeStop(raw: string | null, calling = false): Stop {
  const reason = reasonOf(raw)
  return {
    reason: calling && (reason === 'end' || reason === 'other') ? 'tool-calls' : reason,
    raw,
  }
}

function reasonOf(raw: string | null): Stop['reason'] {
  switch (raw) {
    case 'stop':
    case 'eos':
      return 'end'
    case 'length':
      return 'length'
    case 'tool_calls':
    case 'function_call': // what tool calls were called before they had ids
      return 'tool-calls'
    case 'content_filter':
      return 'refusal'
    default:
      return 'other'
  }
}

const SPELLED = {
  end: 'stop',
  'stop-sequence': 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  refusal: 'content_filter',
  paused: 'stop', // this protocol cannot say "resume me"; the client sees an ended turn
  other: 'stop',
} satisfies Record<Stop['reason'], string>

const OWN = new Set(['stop', 'length', 'tool_calls', 'function_call', 'content_filter'])

/** The inverse of `decodeStop`, as far as this protocol has reasons. */
export function encodeStop({ raw, reason }: Stop): string {
  const spelling = raw !== null && OWN.has(raw) && reasonOf(raw) === reason
  return spelling ? raw : SPELLED[reason]
}
