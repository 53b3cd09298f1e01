import { isSampleKey } from '../config/sections/sample-keys.ts'
import { type Draft, type ImportServices, noteDropped } from './draft.ts'

/** A client's key as the other tool's file has it. */
type Written = {
  key: string
  /** As it goes into routes.yaml; absent: as it is. */
  as?: string
}

/**
 * Keys of clients, those of sample files apart, which anybody knows: one fresh key takes their
 * place. `about`: the setting, as the other tool names it.
 */
export function clientKeys(
  keys: readonly Written[],
  about: string,
  draft: Draft,
  { newKey }: Pick<ImportServices, 'newKey'>,
): string[] {
  const own = keys.filter(({ key }) => !isSampleKey(key)).map(({ key, as = key }) => as)
  const samples = keys.length - own.length
  if (samples === 0) return own
  noteDropped(
    draft,
    about,
    `${samples === 1 ? 'a key' : `${samples} keys`} of sample files, which anybody knows; api-keys has a fresh one instead: give it to your clients`,
  )
  return [...own, newKey()]
}
