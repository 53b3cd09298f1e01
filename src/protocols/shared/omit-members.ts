import type { JsonObject } from '../../lib/json/json.ts'
import type { Loss } from '../codec.ts'

/** Members whose absence changes only how a reply is delivered. */
const UNMISSED = new Set(['stream_options'])

/** Takes out of a request what this upstream would refuse. */
export function omitUnsupported(
  body: JsonObject,
  unsupported: readonly string[],
  losses: Loss[],
): void {
  for (const member of unsupported) {
    if (body[member] === undefined) continue
    delete body[member]
    if (!UNMISSED.has(member))
      losses.push({ path: member, reason: 'this upstream does not take it' })
  }
}
