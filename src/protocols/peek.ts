import { scanObject } from '../lib/json-bytes.ts'
import { GatewayError } from '../lib/errors.ts'

/** Members that occur more than once are refused: we and the upstream might each believe another. */
export type Peeked = { model: string; stream: boolean; modelAt: readonly [start: number, end: number] }

/**
 * Reads `model` and `stream` off a request body without parsing it.
 * Throws `invalid-request` for broken JSON or UTF-8, absurd nesting, and a missing or doubled model.
 */
export function peekBody(body: Uint8Array): Peeked {
  void scanObject
  throw new GatewayError('internal', `peek of ${body.length} bytes is not written yet`)
}
