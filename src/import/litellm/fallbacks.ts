import { isObject } from '../../lib/json/json.ts'
import type { Draft } from '../draft.ts'
import type { TrackedSettings } from '../tracked-settings.ts'

/** The models that follow when one cannot serve, by its name; `*` stands for any. */
export type Fallbacks = ReadonlyMap<string, readonly string[]>

/** `fallbacks` and `default_fallbacks`, of the router or of everything. */
export function readFallbacks(
  settings: readonly TrackedSettings[],
  known: ReadonlySet<string>,
  draft: Draft,
): Fallbacks {
  const found = new Map<string, string[]>()
  const add = (name: string, list: readonly string[], at: string): void => {
    for (const model of list)
      if (!known.has(model))
        draft.noteDropped(at, `"${model}" is no model of the file and is left out`)
    found.set(name, [...(found.get(name) ?? []), ...list.filter(model => known.has(model))])
  }
  for (const reading of settings) {
    for (const entry of reading.mappings('fallbacks'))
      for (const name of entry.names()) {
        const list = entry.peek(name)
        // A fallback with messages of its own is for that model alone.
        if (Array.isArray(list) && list.some(isObject)) continue
        add(name, entry.texts(name), entry.path(name))
      }
    add('*', reading.texts('default_fallbacks'), reading.path('default_fallbacks'))
  }
  return found
}

/**
 * The models that follow one. One whose own fallbacks lead back is written as its targets, since
 * names that lead back to themselves are refused.
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
  return [...new Set(own)].filter(model => model !== name)
}

function reaches(from: string, to: string, fallbacks: Fallbacks, seen: Set<string>): boolean {
  if (seen.has(from)) return false
  seen.add(from)
  return directOf(from, fallbacks).some(
    model => model === to || reaches(model, to, fallbacks, seen),
  )
}
