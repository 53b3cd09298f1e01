import type { Timeouts } from '../../routing/table.ts'
import type { ProviderEntry } from '../schema/routes.ts'
import { parseDuration } from '../schema/units.ts'

/** `timeout` as the schema admits it. */
export type TimeoutEntry = NonNullable<ProviderEntry['timeout']>

const MEMBERS = [
  ['connectMs', 'connect'],
  ['firstByteMs', 'first-byte'],
  ['idleMs', 'idle'],
  ['totalMs', 'total'],
] as const

/** The timeouts of an entry, in ms; they override those of the level above. */
export function readTimeouts(entry: TimeoutEntry | undefined): Partial<Timeouts> {
  const timeouts: Partial<Timeouts> = {}
  for (const [name, written] of MEMBERS) {
    const ms = parseDuration(entry?.[written])
    if (ms !== undefined) timeouts[name] = ms
  }
  return timeouts
}
