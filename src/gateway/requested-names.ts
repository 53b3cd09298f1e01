import type { RequestedNames } from '../exchange/admission/requested-names.ts'
import { isClient } from '../routing/facts.ts'
import type { HotState } from '../store/state.ts'
import type { RequestedBefore } from './plan.ts'

/** Remembered combinations. A plan of more would be too long to read. */
const MAX_NAMES = 5_000

export function createRequestedNames(state: HotState): RequestedNames {
  const seen = new Set<string>()
  return {
    note({ model, key, client }) {
      const entry = `${model}\t${key}\t${client}`
      if (seen.has(entry) || seen.size >= MAX_NAMES) return
      seen.add(entry)
      state.put('asked', '', new Map([[entry, '']]))
    },
  }
}

/** What was asked for, newest first. */
export function requestedBefore(state: HotState): RequestedBefore[] {
  return state.list('asked', '').flatMap(entry => {
    const [model = '', key = '', client = ''] = entry.split('\t')
    return isClient(client) ? [{ model, key, client }] : []
  })
}
