import type { Part, Stop } from '../../conversation/index.ts'

/** Why the model stopped, from `choices[].finish_reason`. An unknown reason keeps its spelling in `raw`. */
export function decodeStop(raw: string | null): Stop {
  switch (raw) {
    case 'stop':
    case 'eos':
      return { reason: 'end', raw }
    case 'length':
      return { reason: 'length', raw }
    case 'tool_calls':
    case 'function_call': // what tool calls were called before they had ids
      return { reason: 'tool-calls', raw }
    case 'content_filter':
      return { reason: 'refusal', raw }
    default:
      return { reason: 'other', raw }
  }
}

/** Some services stop a turn that calls with "stop", or without a reason. */
export function withCalls(stop: Stop, parts: Iterable<Pick<Part, 'type'>>): Stop {
  if (stop.reason !== 'end' && stop.reason !== 'other') return stop
  for (const part of parts) {
    if (part.type === 'tool-call') return { reason: 'tool-calls', raw: stop.raw }
  }
  return stop
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
  const spelling = raw !== null && OWN.has(raw) && decodeStop(raw).reason === reason
  return spelling ? raw : SPELLED[reason]
}
