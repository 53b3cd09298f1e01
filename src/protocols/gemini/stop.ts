import type { Stop } from '../../conversation/index.ts'

const REASONS: Record<string, Stop['reason']> = {
  STOP: 'end',
  MAX_TOKENS: 'length',
  SAFETY: 'refusal',
  RECITATION: 'refusal',
  BLOCKLIST: 'refusal',
  PROHIBITED_CONTENT: 'refusal',
  SPII: 'refusal',
  IMAGE_SAFETY: 'refusal',
  IMAGE_PROHIBITED_CONTENT: 'refusal',
  LANGUAGE: 'other',
  OTHER: 'other',
  MALFORMED_FUNCTION_CALL: 'other',
  UNEXPECTED_TOOL_CALL: 'other',
  TOO_MANY_TOOL_CALLS: 'other',
  MALFORMED_RESPONSE: 'other',
  NO_IMAGE: 'other',
}

/** Why the model stopped, from `finishReason`. Calls end in an ordinary stop here. */
export function decodeStop(raw: string | undefined, calling: boolean): Stop {
  const reason = REASONS[raw ?? ''] ?? 'other'
  return { reason: calling && reason === 'end' ? 'tool-calls' : reason, raw: raw ?? null }
}

const SPELLED = {
  end: 'STOP',
  'stop-sequence': 'STOP',
  length: 'MAX_TOKENS',
  'tool-calls': 'STOP',
  refusal: 'SAFETY',
  paused: 'STOP',
  other: 'OTHER',
} satisfies Record<Stop['reason'], string>

export function encodeStop({ raw, reason }: Stop): string {
  return raw !== null && raw in REASONS ? raw : SPELLED[reason]
}
