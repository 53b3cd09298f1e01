import { GatewayError } from '../lib/errors.ts'

/**
 * A stream that ended without its stop: never a quiet success. Agents recognise by these words that
 * it is worth asking again (pi 0.87, 2026-11).
 */
export function truncatedStream(): GatewayError {
  return new GatewayError(
    'upstream-failed',
    "the upstream's stream ended without its terminal event (connection lost); please retry your request",
  )
}
