import { GatewayError } from '../../lib/errors.ts'
import type { Exchange } from '../context.ts'
import { noEligibleTarget } from './capabilities.ts'
import { targetsOf } from './targets.ts'

/** The error where no target was asked: all that could serve cool down, none can take the request, or there is none. */
export function noTargetAble(
  exchange: Exchange,
  ineligible: Parameters<typeof noEligibleTarget>[1],
): GatewayError {
  const { route, envelope, gateway } = exchange
  const reset = earliestReset(exchange)
  if (reset !== undefined) {
    const retryAfterMs = Math.max(0, reset - gateway.services.now())
    return new GatewayError(
      'rate-limited',
      `every credential for "${envelope.model}" is cooling down after a limit; the next is back in ${Math.ceil(retryAfterMs / 1000)} s`,
      { retryAfterMs },
    )
  }
  if (ineligible.length > 0) return noEligibleTarget(exchange, ineligible)
  if (route.steps.length === 0 && route.passedOver.length === 0)
    return new GatewayError(
      'no-credential',
      `nobody is named for a request like this: no "when" of ${route.name} holds; give it a step without one`,
    )
  const reasons = route.passedOver.map(({ target, reason }) => `${target}: ${reason}`).join('; ')
  return new GatewayError(
    'no-credential',
    `no provider of "${envelope.model}" can be used${reasons ? ` (${reasons})` : ''}; set a key and try again`,
  )
}

/** When the first cooldown of those who may serve this request is over; undefined: there is none. */
export function earliestReset({ route, gateway, progress }: Exchange): number | undefined {
  const resets = targetsOf(route)
    .filter(target => !progress.isRuledOut(target))
    .map(target => gateway.services.pool.earliestReset(target.provider.id, target.model))
    .filter(at => at !== undefined)
  return resets.length > 0 ? Math.min(...resets) : undefined
}
