/** Errors that pass with time, as each service says them. */
import type { Protocol } from './dialect.ts'
import type { Json } from './json.ts'

export type FaultStatus = 429 | 529

const RETRY_AFTER_S = 1

export function failure(protocol: Protocol, status: FaultStatus): Response {
  const headers = { 'retry-after': String(RETRY_AFTER_S) }
  return Response.json(bodyOf(protocol, status), { status, headers: status === 429 ? headers : {} })
}

function bodyOf(protocol: Protocol, status: FaultStatus): Json {
  const limited = status === 429
  const message = limited ? 'Rate limit reached. Please try again in 1s.' : 'Overloaded'
  switch (protocol) {
    case 'anthropic': {
      const type = limited ? 'rate_limit_error' : 'overloaded_error'
      return { type: 'error', error: { type, message } }
    }
    case 'gemini':
      return {
        error: { code: status, message, status: limited ? 'RESOURCE_EXHAUSTED' : 'UNAVAILABLE' },
      }
    default: {
      const type = limited ? 'tokens' : 'server_error'
      return { error: { message, type, code: limited ? 'rate_limit_exceeded' : 'overloaded' } }
    }
  }
}
