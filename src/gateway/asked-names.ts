import type { AskedNames } from '../exchange/admission/requested-names.ts'
import { isClient } from '../routing/facts.ts'
import type { Kept } from '../store/cache.ts'
import type { AskedBefore } from './plan.ts'

/** Remembered combinations; beyond that nobody looks through them. */
const MOST = 5_000

export function createAskedNames(kept: Kept): AskedNames {
  const seen = new Set<string>()
  return {
    note({ model, key, client }) {
      const entry = `${model}\t${key}\t${client}`
      if (seen.has(entry) || seen.size >= MOST) return
      seen.add(entry)
      kept.put('asked', '', new Map([[entry, '']]))
    },
  }
}

/** What was asked for, newest first. */
export function askedBefore(kept: Kept): AskedBefore[] {
  return kept.list('asked', '').flatMap(entry => {
    const [model = '', key = '', client = ''] = entry.split('\t')
    return isClient(client) ? [{ model, key, client }] : []
  })
}
