import { GatewayError } from '../../lib/errors.ts'
import type { Envelope, Inbound } from '../codec.ts'
import { peekObject } from '../shared/peek.ts'
import { sessionOf } from '../shared/session.ts'

/** The model and whether it streams are in the path: `…/models/MODEL:VERB`. */
export function peek({ params, query, headers, body }: Inbound): Envelope {
  const members = peekObject(body)
  const model = (params.model ?? '').replace(/^models\//, '')
  if (model === '')
    throw new GatewayError('invalid-request', 'model: the path names none (…/models/MODEL:VERB)')
  const stream = params.verb === 'streamGenerateContent'
  const session = sessionOf(headers, body, members)
  return {
    model,
    stream,
    session: session || undefined,
    // Without `alt=sse` a stream is one JSON array.
    framing: stream && query?.get('alt') !== 'sse' ? 'json-array' : undefined,
  }
}
