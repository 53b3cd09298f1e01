import type { Envelope, Inbound } from './codec.ts'
import { peekBody } from './peek.ts'

/** Where clients of this protocol say which conversation a request belongs to. */
const SESSION_HEADERS = [
  'session_id',
  'session-id',
  'x-session-id',
  'x-session-affinity',
  'x-client-request-id',
]

export function peekSession({ body, headers }: Inbound): Envelope {
  const peeked = peekBody(body)
  const session = SESSION_HEADERS.map(name => headers.get(name)).find(value => value)
  return session ? { ...peeked, session } : peeked
}
