import { isObject } from '../../lib/json/json.ts'
import { type Draft, noteDropped } from '../draft.ts'
import type { TrackedSettings } from '../tracked-settings.ts'

/** Who serves when a model cannot, by its name; `*` stands for any. */
export type Fallbacks = ReadonlyMap<string, readonly string[]>

/** `fallbacks` and `default_fallbacks`, of the router or of everything. */
export function readFallbacks(
  settings: readonly TrackedSettings[],
  known: ReadonlySet<string>,
  draft: Draft,
): Fallbacks {
  const found = new Map<string, string[]>()
  const add = (name: string, list: readonly string[], at: string): void => {
    for (const one of list)
      if (!known.has(one))
        noteDropped(draft, at, `"${one}" is no model of the file and is left out`)
    found.set(name, [...(found.get(name) ?? []), ...list.filter(one => known.has(one))])
  }
  for (const reading of settings) {
    for (const entry of reading.mappings('fallbacks'))
      for (const name of entry.names()) {
        const list = entry.peek(name)
        // A fallback may say its own messages, which are for that one alone.
        if (Array.isArray(list) && list.some(isObject)) continue
        add(name, entry.texts(name), entry.path(name))
      }
    add('*', reading.texts('default_fallbacks'), reading.path('default_fallbacks'))
  }
  return found
}

/**
 * Those that follow a model. One whose own fallbacks lead back is given as what it is made of,
 * since names that lead back to themselves are refused.
 */
export function fallbacksOf(
  name: string,
  fallbacks: Fallbacks,
): { model: string; leadsBack: boolean }[] {
  return directOf(name, fallbacks).map(model => ({
    model,
    leadsBack: reaches(model, name, fallbacks, new Set()),
  }))
}

function directOf(name: string, fallbacks: Fallbacks): string[] {
  const own = fallbacks.get(name) ?? fallbacks.get('*') ?? []
  return [...new Set(own)].filter(one => one !== name)
}

function reaches(from: string, to: string, fallbacks: Fallbacks, seen: Set<string>): boolean {
  if (seen.has(from)) return false
  seen.add(from)
  return directOf(from, fallbacks).some(one => one === to || reaches(one, to, fallbacks, seen))
}
