import { GatewayError } from '../../lib/errors.ts'
import { targetName } from '../../routing/target-name.ts'
import type { Attempt } from '../upstream/attempt.ts'

/** As much as many clients take of a reply's headers at all (Node.js: 16 KiB). */
const MAX_HEADER_BYTES = 16_000

/** Throws `upstream-failed` for a reply with more headers than a client could be handed. */
export function checkReplyHeaders({ target, abort }: Attempt, headers: Headers): void {
  let length = 0
  headers.forEach((value, name) => {
    length += name.length + value.length
  })
  if (length <= MAX_HEADER_BYTES) return
  abort.abort()
  throw new GatewayError(
    'upstream-failed',
    `${targetName(target)}: it sent ${length} bytes of response headers, and at most ${MAX_HEADER_BYTES} are relayed; ask who runs it why, or use another provider`,
    { ownLimit: true },
  )
}
