import { ABILITIES } from '../conversation/index.ts'
import { parseObject } from '../lib/json/json.ts'
import { count, objects, text } from '../lib/json/read-json.ts'
import type { UpstreamModel } from '../protocols/codec.ts'
import type { DiscoveredModel, ModelLists } from '../routing/discovered-models.ts'
import type { HotState } from '../store/state.ts'

/** Reloads bring new identities; beyond this many the old ones are looked up again. */
const MAX_HELD = 1_000

export function createModelLists(state: HotState, now: () => number): ModelLists {
  const lists = new Map<string, readonly DiscoveredModel[] | undefined>()

  /** A start must not fail for what can be asked for again. */
  function read(identity: string): string | undefined {
    try {
      return state.peek('models', '', [identity]).get(identity)
    } catch {
      return undefined
    }
  }

  function known(identity: string): readonly DiscoveredModel[] | undefined {
    if (lists.has(identity)) return lists.get(identity)
    if (lists.size >= MAX_HELD) lists.clear()
    const list = listIn(read(identity))
    lists.set(identity, list)
    return list
  }

  return {
    known,
    learn(identity, models) {
      const before = known(identity)
      const since = new Map(before?.map(({ name, discoveredAtMs }) => [name, discoveredAtMs]))
      const list = inOrder(models).map(model => ({
        ...model,
        discoveredAtMs: since.get(model.name) ?? now(),
      }))
      lists.set(identity, list)
      // Also when nothing changed: what is stored grows old.
      state.put('models', '', new Map([[identity, JSON.stringify({ models: list })]]))
      if (before && sameModels(before, list)) return undefined
      const added = list.filter(({ name }) => !since.has(name)).length
      return { added, gone: since.size - (list.length - added) }
    },
  }
}

/** Each once and by name: many services list theirs in a different order each time. */
function inOrder(models: readonly UpstreamModel[]): UpstreamModel[] {
  const byName = new Map(models.map(model => [model.name, model]))
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

function sameModels(before: readonly DiscoveredModel[], after: readonly DiscoveredModel[]) {
  return (
    before.length === after.length &&
    after.every((model, at) => {
      const was = before[at]
      return (
        was?.name === model.name &&
        was.contextTokens === model.contextTokens &&
        was.maxOutputTokens === model.maxOutputTokens &&
        String(was.lacks) === String(model.lacks)
      )
    })
  )
}

/** The state is disposable: what cannot be read counts as never known. */
function listIn(value: string | undefined): DiscoveredModel[] | undefined {
  const wire = value === undefined ? undefined : parseObject(value)
  if (!Array.isArray(wire?.models)) return undefined
  return objects(wire.models).flatMap(entry => {
    const name = text(entry.name)
    const discoveredAtMs = count(entry.discoveredAtMs)
    if (name === undefined || discoveredAtMs === undefined) return []
    const contextTokens = count(entry.contextTokens)
    const maxOutputTokens = count(entry.maxOutputTokens)
    const { lacks: stored = [] } = entry
    const lacks = ABILITIES.filter(ability => Array.isArray(stored) && stored.includes(ability))
    // Absent rather than undefined: a kind's own facts are spread below these.
    return [
      {
        name,
        ...(contextTokens === undefined ? {} : { contextTokens }),
        ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
        ...(lacks.length > 0 ? { lacks } : {}),
        discoveredAtMs,
      },
    ]
  })
}
