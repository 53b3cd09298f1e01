import { isObject } from '../../lib/json/json.ts'
import { createDraft, type Draft, type ImportServices, reserve } from '../draft.ts'
import type { TrackedSettings } from '../tracked-settings.ts'
import { findAccounts, noteAccounts } from './accounts.ts'
import { readAmp } from './amp.ts'
import { readManagement } from './management.ts'
import { noteSharing } from './model-names.ts'
import { readPayload } from './payload.ts'
import { readPolicy } from './policy.ts'
import { settlePrefixes } from './prefixes.ts'
import { type Importing, readProviders } from './providers.ts'
import { readClientKeys, readServer } from './server.ts'
import { readServiceAccounts } from './service-accounts.ts'
import { readLeftBehind } from './unsupported.ts'

/** CLIProxyAPI's `config.yaml` and `auth-dir`, as of late 2025 to August 2026. */
export function importCliProxyApi(config: TrackedSettings, services: ImportServices): Draft {
  const draft = createDraft('CLIProxyAPI config.yaml')
  readServer(config, draft, services)
  readClientKeys(config, draft, services)
  readPolicy(config, draft)
  const weighted = draft.routes.policy?.strategy === 'weighted'
  const forced = config.flag('force-model-prefix') === true
  const importing: Importing = { draft, services, weighted, forced }
  const accounts = findAccounts(config, importing)
  noteAccounts(accounts, config, importing)
  reserveNames(config, draft)
  for (const { members } of accounts) draft.reserved.add(members.text('prefix') ?? '')
  readProviders(config, importing)
  readServiceAccounts(accounts, config, importing)
  noteSharing(draft, services)
  const prefixed = settlePrefixes(draft, forced, services)
  readAmp(config, draft)
  readPayload(config, prefixed, draft)
  readManagement(config, draft)
  readLeftBehind(config, draft)
  return draft
}

/** What names begin with that clients ask for: `openai/gpt-5` must not be taken for an address. */
function reserveNames(config: TrackedSettings, draft: Draft): void {
  for (const section of config.names()) {
    const list = config.peek(section)
    for (const entry of Array.isArray(list) ? list.filter(isObject) : []) {
      if (typeof entry.prefix === 'string') draft.reserved.add(entry.prefix.trim())
      const models = Array.isArray(entry.models) ? entry.models.filter(isObject) : []
      for (const { name, alias } of models) reserve(draft, String(alias || name || ''))
    }
  }
}
