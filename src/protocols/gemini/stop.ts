import type { Stop } from '../../conversation/index.ts'
import { GatewayError } from '../../lib/errors.ts'
import type { JsonValue } from '../../lib/json/json.ts'
import { table } from '../../lib/json/table.ts'
import { enumName } from './enums.ts'

/** What a `finishReason` means. `failed`: there is no answer, even if text came before. */
const REASONS = table<Stop['reason'] | 'failed'>({
  STOP: 'end',
  MAX_TOKENS: 'length',
  SAFETY: 'refusal',
  RECITATION: 'refusal',
  LANGUAGE: 'refusal',
  BLOCKLIST: 'refusal',
  PROHIBITED_CONTENT: 'refusal',
  SPII: 'refusal',
  MODEL_ARMOR: 'refusal',
  JAILBREAK: 'refusal',
  IMAGE_SAFETY: 'refusal',
  IMAGE_PROHIBITED_CONTENT: 'refusal',
  IMAGE_RECITATION: 'refusal',
  MALFORMED_FUNCTION_CALL: 'failed',
  UNEXPECTED_TOOL_CALL: 'failed',
  TOO_MANY_TOOL_CALLS: 'failed',
  MALFORMED_RESPONSE: 'failed',
  MISSING_THOUGHT_SIGNATURE: 'failed',
  ESCALATION: 'other',
  NO_IMAGE: 'other',
  IMAGE_OTHER: 'other',
  OTHER: 'other',
})

/** The older numbers, 0 to 5, mean the same in both of Google's services; above, these are AI Studio's. */
const FINISH_NUMBERS = [
  'FINISH_REASON_UNSPECIFIED',
  'STOP',
  'MAX_TOKENS',
  'SAFETY',
  'RECITATION',
  'OTHER',
  'LANGUAGE',
  'BLOCKLIST',
  'PROHIBITED_CONTENT',
  'SPII',
  'MALFORMED_FUNCTION_CALL',
  'IMAGE_SAFETY',
]
const BLOCK_NUMBERS = [
  'BLOCK_REASON_UNSPECIFIED',
  'SAFETY',
  'OTHER',
  'BLOCKLIST',
  'PROHIBITED_CONTENT',
  'IMAGE_SAFETY',
]

/** The name of a `finishReason`; undefined: none is given, so the model has not stopped. */
export function finishOf(value: JsonValue | undefined): string | undefined {
  const name = enumName(value, FINISH_NUMBERS)
  return name === 'FINISH_REASON_UNSPECIFIED' ? undefined : name
}

/** The name of a `blockReason`; undefined: the prompt was not blocked. */
export function blockOf(value: JsonValue | undefined): string | undefined {
  const name = enumName(value, BLOCK_NUMBERS)
  return name === undefined || /^BLOCK(ED)?_REASON_UNSPECIFIED$/.test(name) ? undefined : name
}

/** Why the model stopped. Calls end in an ordinary stop here. */
export function decodeStop(raw: string | undefined, calling: boolean): Stop {
  const meaning = REASONS[raw ?? ''] ?? 'other'
  const reason = meaning === 'failed' ? 'other' : meaning
  return { reason: calling && reason === 'end' ? 'tool-calls' : reason, raw: raw ?? null }
}

/**
 * A stop that is a failure: a call that could not be read, or for no known reason nothing at all.
 * `silent`: the reply has no content before it.
 */
export function failedStop(raw: string, silent: boolean, words?: string): GatewayError | undefined {
  const meaning = REASONS[raw] ?? 'other'
  if (meaning !== 'failed' && (meaning !== 'other' || !silent)) return undefined
  const why = words ? `: ${words.slice(0, 500)}` : ''
  return new GatewayError('upstream-failed', `the model stopped with ${raw}${why}`, { type: raw })
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
