import { isObject } from '../../lib/json/json.ts'
import { Draft, type ImportServices } from '../draft.ts'
import { applyRows } from '../rows.ts'
import type { TrackedSettings } from '../tracked-settings.ts'
import { findAccounts, takeAccounts } from './accounts.ts'
import { readAmp } from './amp.ts'
import { readClientKeys } from './api-keys.ts'
import { noteSharing } from './model-names.ts'
import { readPayload } from './payload.ts'
import { settlePrefixes } from './prefixes.ts'
import { readProviders } from './providers.ts'
import { readServiceAccounts } from './service-accounts.ts'
import { MANAGEMENT, POLICY, SERVER } from './settings.ts'
import { LEFT_BEHIND } from './unsupported.ts'

/** CLIProxyAPI's `config.yaml` and `auth-dir`, as of late 2025 to August 2026. */
export function importCliProxyApi(config: TrackedSettings, services: ImportServices): Draft {
  const draft = new Draft('CLIProxyAPI config.yaml')
  const importing = { draft, services }
  applyRows(SERVER, config, importing, draft.routes)
  readClientKeys(config, importing)
  applyRows(POLICY, config, importing, draft.routes)
  const weighted = draft.routes.policy?.strategy === 'weighted'
  const forced = config.flag('force-model-prefix') === true
  const accounts = findAccounts(config, importing)
  reserveNames(config, draft)
  for (const { members } of accounts) draft.reserved.add(members.text('prefix') ?? '')
  readProviders(config, { ...importing, weighted, forced })
  takeAccounts(accounts, config, importing)
  readServiceAccounts(accounts, config, { ...importing, weighted, forced })
  noteSharing(importing)
  const prefixed = settlePrefixes(forced, importing)
  readAmp(config, draft)
  readPayload(config, prefixed, draft)
  applyRows(MANAGEMENT, config, importing, draft.routes)
  applyRows(LEFT_BEHIND, config, importing, draft.routes)
  return draft
}

/** What names begin with that clients ask for: `openai/gpt-5` must not be taken for an address. */
function reserveNames(config: TrackedSettings, draft: Draft): void {
  for (const section of config.names()) {
    const list = config.peek(section)
    for (const entry of Array.isArray(list) ? list.filter(isObject) : []) {
      if (typeof entry.prefix === 'string') draft.reserved.add(entry.prefix.trim())
      const models = Array.isArray(entry.models) ? entry.models.filter(isObject) : []
      for (const { name, alias } of models) draft.reserve(String(alias || name || ''))
    }
  }
}
