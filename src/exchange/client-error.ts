import { GatewayError } from '../lib/errors.ts'
import type { Exchange } from './context.ts'
import { isAboutRequest } from './failover/request-resource.ts'

/**
 * The error that the client gets where every target failed. 401 and 403 are kept for the client's
 * own key: an agent that reads one asks its user to sign in again, or retries in silence. What an
 * upstream refuses of ours is a 502 that says whose key is meant, in the upstream's own words.
 */
export function clientError(exchange: Exchange, error: GatewayError): GatewayError {
  if (error.code !== 'upstream-auth' && error.code !== 'upstream-forbidden') return error
  const failed = exchange.progress.decisions.findLast(
    ({ verdict, reason }) => verdict === 'failed' && reason?.startsWith(error.code),
  )
  const target = failed?.target ?? exchange.envelope.model
  const model = target.slice(target.indexOf('/') + 1)
  if (isAboutRequest(exchange, model, error))
    return new GatewayError('upstream-not-found', error.message, { status: 404, cause: error })
  const what =
    error.code === 'upstream-auth'
      ? 'refused the credential that the gateway uses'
      : 'does not allow this to the credential that the gateway uses'
  const who = failed?.credential ? ` (${failed.credential})` : ''
  return new GatewayError(
    error.code,
    `${target} ${what}${who}: ${error.message.replace(/\.$/, '')}; the key you sent is fine: check the one of that provider in routes.yaml`,
    { status: 502, cause: error },
  )
}
