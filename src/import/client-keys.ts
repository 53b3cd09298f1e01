import { isSampleKey } from '../config/sections/key-problems.ts'
import type { Importing } from './draft.ts'

/** A client's key as the other tool's file has it. */
type WrittenKey = {
  key: string
  /** As it goes into routes.yaml; absent: as it is. */
  as?: string
}

/**
 * The clients' keys. Those of sample files, which are public, are replaced by one fresh key.
 * `about`: the setting, as the other tool names it.
 */
export function clientKeys(
  keys: readonly WrittenKey[],
  about: string,
  { draft, services }: Importing,
): string[] {
  const own = keys.filter(({ key }) => !isSampleKey(key)).map(({ key, as = key }) => as)
  const samples = keys.length - own.length
  if (samples === 0) return own
  draft.noteDropped(
    about,
    `${samples === 1 ? 'a key' : `${samples} keys`} of sample files, which are public; api-keys has a fresh one instead: give it to your clients`,
  )
  return [...own, services.newKey()]
}
