import type { Caller } from '../../exchange/admission/authenticate.ts'
import type { Gateway } from '../../exchange/snapshot.ts'
import type { ModelInfo } from '../../protocols/codec.ts'
import type { ListedModel } from '../../routing/table.ts'

/** Every listed model carries one date: when routes.yaml was written is nobody's business. */
const LISTED_AT_MS = Date.UTC(2026, 0, 1)

/** What a caller may ask for. */
export function listModels({ table }: Gateway, caller: Caller): ModelInfo[] {
  return table.listed.filter(({ id }) => caller.may(id)).map(modelInfo)
}

export function findModel({ table }: Gateway, caller: Caller, id: string): ModelInfo | undefined {
  if (!caller.may(id)) return undefined
  const listed = table.listed.find(model => model.id === id)
  if (listed) return modelInfo(listed)
  // Names behind a glob or an address are not listed, but they can be asked for.
  const resolution = table.resolve(id)
  return resolution.found ? modelInfo({ id, ownedBy: 'jackfield' }) : undefined
}

function modelInfo(listed: ListedModel): ModelInfo {
  return {
    id: listed.id,
    displayName: listed.description ?? listed.id,
    description: listed.description,
    ownedBy: listed.ownedBy,
    createdAtMs: LISTED_AT_MS,
    contextTokens: listed.contextTokens,
    maxOutputTokens: listed.maxOutputTokens,
  }
}
