import type { JsonObject } from '../../lib/json/json.ts'
import { filled, type Importing, type ImportServices } from '../draft.ts'
import { duration } from '../durations.ts'
import { applyRows, type Row } from '../rows.ts'
import { baseUrl, chatService, isAddress, kindAt } from '../service-catalogue.ts'
import type { TrackedSettings } from '../tracked-settings.ts'
import { withVariables } from '../variables.ts'
import { readTransformers } from './transformers.ts'

/** By the name in the file: what the provider is called here, and what it serves. */
export type Providers = ReadonlyMap<string, { id: string; models: readonly string[] }>

export function readProviders(config: TrackedSettings, importing: Importing): Providers {
  const { draft } = importing
  const entries = [...config.mappings('Providers'), ...config.mappings('providers')]
  for (const entry of entries) for (const model of entry.texts('models')) draft.reserve(model)
  const timeoutMs = config.number('API_TIMEOUT_MS')
  const providers = new Map<string, { id: string; models: readonly string[] }>()
  for (const entry of entries) {
    const name = entry.text('name') ?? 'upstream'
    const provider = providerOf(entry, importing)
    if (!provider) continue
    const id = draft.freeName(name)
    const timeout = timeoutMs ? { 'first-byte': duration(timeoutMs) } : undefined
    draft.addProvider(id, { ...provider, ...filled({ timeout }) }, `from ${entry.at} (${name})`)
    providers.set(name, { id, models: entry.texts('models') })
  }
  return providers
}

const TOKENIZER: Row = {
  from: 'tokenizer',
  unneeded: 'tokens are counted by the upstream where it can, else with o200k',
}

function providerOf(entry: TrackedSettings, importing: Importing): JsonObject | undefined {
  const { draft, services } = importing
  const address = withVariables(entry.text('api_base_url') ?? '', services)
  const key = entry.text('api_key')
  const transformers = readTransformers(entry, draft)
  applyRows([TOKENIZER], entry, importing, {})
  const models = entry.texts('models')
  if (!isAddress(address)) {
    draft.noteDropped(
      entry.path('api_base_url'),
      'is no http or https address; the provider is left out',
    )
    return undefined
  }
  if (transformers.has('vertex-gemini') || transformers.has('vertex-claude')) {
    draft.noteDropped(
      entry.at,
      'took the account that was logged in with gcloud, and is left out; give a provider of kind vertex a service account’s file: keys: [ "${file:account.json}" ]',
    )
    return undefined
  }
  if (key === undefined)
    draft.noteDropped(
      entry.path('api_key'),
      'is empty, for which the provider was left out there; it is written with disabled: true',
    )
  return {
    ...serviceOf(address, transformers, services),
    models,
    ...(key === undefined ? { disabled: true } : { keys: [withVariables(key, services)] }),
  }
}

/** The protocol is that of the transformer, else of the address. */
function serviceOf(
  address: string,
  transformers: ReadonlyMap<string, TrackedSettings | undefined>,
  { kinds }: ImportServices,
): JsonObject {
  const at = (kind: string): JsonObject => ({ kind, ...baseUrl(address, kind, kinds) })
  const known = kindAt(address)
  if (transformers.has('Anthropic') || /\/messages\/?$/.test(address)) {
    const bearer = transformers.get('Anthropic')?.flag('UseBearer') === true
    return at(bearer && known !== 'anthropic' ? 'anthropic-compatible' : 'anthropic')
  }
  if (transformers.has('gemini') || known === 'gemini') return at('gemini')
  if (transformers.has('openai-responses') || /\/responses\/?$/.test(address))
    return at(known === 'openai' ? 'openai' : 'openai-responses-compatible')
  return chatService(address, kinds)
}
