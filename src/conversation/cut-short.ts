import { GatewayError } from '../lib/errors.ts'

/** A stream that stopped before it said why: never a quiet success. */
export function cutShort(): GatewayError {
  return new GatewayError(
    'upstream-failed',
    'the upstream ended its stream before the response was complete',
  )
}
