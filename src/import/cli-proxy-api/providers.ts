import type { JsonObject, JsonValue } from '../../lib/json/json.ts'
import { type Draft, filled, type ImportServices } from '../draft.ts'
import { applyRows, on, type Row } from '../rows.ts'
import { baseUrl, catalogueOf, chatService, isAddress, kindAt } from '../service-catalogue.ts'
import type { TrackedSettings } from '../tracked-settings.ts'
import { type KeyImporting, PROVIDER, readKey, UNSUPPORTED } from './credential-settings.ts'
import { CODEX_MODELS, readModels } from './models.ts'

/** A list of keys for one service. */
type KeyList = {
  section: string
  name: string
  /** It has no address of its own: a key without `base-url` was ignored. */
  needsAddress?: boolean
  kindOf(address: string | undefined): string
  /** What is listed where the file lists nothing and the kind has no catalogue. */
  models?(services: ImportServices): readonly string[]
}

const LISTS: readonly KeyList[] = [
  { section: 'gemini-api-key', name: 'gemini', kindOf: () => 'gemini' },
  {
    section: 'claude-api-key',
    name: 'claude',
    // Anthropic takes its keys in a header of its own, other services as bearer tokens.
    kindOf: address =>
      address === undefined || kindAt(address) === 'anthropic'
        ? 'anthropic'
        : 'anthropic-compatible',
    models: ({ kinds }) => catalogueOf('anthropic', kinds),
  },
  {
    section: 'codex-api-key',
    name: 'codex',
    needsAddress: true,
    kindOf: address =>
      kindAt(address ?? '') === 'openai' ? 'openai' : 'openai-responses-compatible',
    models: () => CODEX_MODELS,
  },
  { section: 'vertex-api-key', name: 'vertex', kindOf: () => 'vertex' },
  { section: 'xai-api-key', name: 'xai', needsAddress: true, kindOf: () => 'xai' },
]

/** Every list of keys, and the services that are like OpenAI. */
export function readProviders(config: TrackedSettings, importing: KeyImporting): void {
  for (const list of LISTS)
    addKeys(
      config.mappings(list.section).flatMap(entry => keyOf(entry, list, importing)),
      list.name,
      importing.draft,
    )
  const older = config.texts('generative-language-api-key')
  addKeys(
    older.map(key => ({ provider: { kind: 'gemini' }, key, from: 'generative-language-api-key' })),
    'gemini',
    importing.draft,
  )
  for (const entry of config.mappings('openai-compatibility')) readCompatible(entry, importing)
}

/** A key, the provider it belongs to, and where it stood. */
type Key = { provider: JsonObject; key: JsonValue; from: string }

/** Keys that differ in nothing else are one provider. */
export function addKeys(keys: readonly Key[], name: string, draft: Draft): string[] {
  const alike = Map.groupBy(keys, ({ provider }) => JSON.stringify(provider))
  return [...alike.values()].flatMap(group => {
    const [first] = group
    if (!first) return []
    const id = draft.freeName(name)
    const places = [...new Set(group.map(({ from }) => from))]
    const provider = { ...first.provider, keys: group.map(({ key }) => key) }
    draft.addProvider(id, provider, `from ${places.join(', ')}`)
    return [id]
  })
}

function keyOf(entry: TrackedSettings, list: KeyList, importing: KeyImporting): Key[] {
  const { draft, services } = importing
  const address = entry.text('base-url')
  const kind = list.kindOf(address)
  const key = readKey(entry, importing)
  const settings = applyRows(PROVIDER, entry, importing, {})
  const listed = readModels(entry, importing)
  applyRows(UNSUPPORTED, entry, importing, {})
  if (key === undefined) draft.noteDropped(entry.at, 'has no api-key and is left out')
  else if (list.needsAddress && address === undefined)
    draft.noteDropped(
      entry.at,
      'has no base-url, for which it was ignored there too; it is left out',
    )
  else if (address !== undefined && !isAddress(address))
    draft.noteDropped(entry.path('base-url'), 'is no http or https address; the key is left out')
  else {
    const models = listed.length > 0 ? listed : assumedModels(entry, kind, list, importing)
    const at = baseUrl(address, kind, services.kinds)
    return [{ provider: { kind, ...at, ...settings, ...filled({ models }) }, key, from: entry.at }]
  }
  return []
}

/** Kinds that cannot know their models get the list that the key had there. */
function assumedModels(
  entry: TrackedSettings,
  kind: string,
  list: KeyList,
  { draft, services }: KeyImporting,
): string[] {
  const known = list.models?.(services) ?? []
  if (known.length === 0 || kind === 'anthropic') return []
  draft.noteUnneeded(
    entry.path('models'),
    'there are none; those that CLIProxyAPI lists are written',
  )
  return [...known]
}

/** What a service has that is like OpenAI, besides what every key has. */
const COMPATIBLE: readonly Row[] = [
  ...UNSUPPORTED,
  {
    from: 'support-prompt-cache-key',
    read: on,
    unneeded: 'a prompt_cache_key goes on as the client sent it; none is made up',
  },
]

function readCompatible(entry: TrackedSettings, importing: KeyImporting): void {
  const { draft, services } = importing
  const name = entry.text('name') ?? 'openai-compatible'
  const address = entry.text('base-url')
  const settings = applyRows(PROVIDER, entry, importing, {})
  const models = readModels(entry, importing)
  applyRows(COMPATIBLE, entry, importing, {})
  const listed = entry
    .mappings('api-key-entries')
    .map(member => readKey(member, importing))
    .filter(key => key !== undefined)
  const keys = [...listed, ...entry.texts('api-keys')]
  if (address === undefined || !isAddress(address)) {
    draft.noteDropped(
      entry.path('base-url'),
      'is no http or https address; the service is left out',
    )
    return
  }
  const service = { ...chatService(address, services.kinds), ...settings, ...filled({ models }) }
  // A service without keys takes any.
  const provider = { ...service, keys: keys.length > 0 ? keys : ['none'] }
  draft.addProvider(draft.freeName(name), provider, `from ${entry.at} (${name})`)
}
