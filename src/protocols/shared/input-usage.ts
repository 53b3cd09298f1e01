import type { Usage } from '../../conversation/index.ts'

type InputUsage = Pick<Usage, 'fresh' | 'cacheRead' | 'cacheWrite' | 'beyond'>

/**
 * Input tokens of protocols whose total includes what was cached, split so that they sum to that
 * total. Some services state more cached tokens than tokens in all (Azure with Grok, OpenRouter;
 * seen 2026): the total is what is billed, so it stays, and what exceeds it is kept apart.
 */
export function splitInput(
  total: number | undefined,
  cacheRead: number | undefined,
  cacheWrite: number | undefined,
): InputUsage {
  const room = total ?? Infinity
  const read = Math.min(cacheRead ?? 0, room)
  const written = Math.min(cacheWrite ?? 0, room - read)
  const input: InputUsage = {}
  if (total !== undefined) input.fresh = total - read - written
  if (cacheRead !== undefined) input.cacheRead = read
  if (cacheWrite !== undefined) input.cacheWrite = written
  const moreRead = (cacheRead ?? 0) - read
  const moreWritten = (cacheWrite ?? 0) - written
  if (moreRead > 0) input.beyond = { cacheRead: moreRead }
  if (moreWritten > 0) input.beyond = { ...input.beyond, cacheWrite: moreWritten }
  return input
}

/** The same counts as such protocols state them; `cacheRead` and `cacheWrite` as the upstream did. */
export function statedInput({ fresh = 0, cacheRead, cacheWrite, beyond }: Usage) {
  const stated = (count: number | undefined, more = 0): number | undefined =>
    count === undefined ? undefined : count + more
  return {
    total: fresh + (cacheRead ?? 0) + (cacheWrite ?? 0),
    cacheRead: stated(cacheRead, beyond?.cacheRead),
    cacheWrite: stated(cacheWrite, beyond?.cacheWrite),
  }
}
