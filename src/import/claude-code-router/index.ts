import { isLocalHost } from '../../lib/net/host-name.ts'
import { clientKeys } from '../client-keys.ts'
import { Draft, type Importing, type ImportServices } from '../draft.ts'
import { applyRows, type Read, type Row } from '../rows.ts'
import { proxyOf } from '../service-catalogue.ts'
import type { TrackedSettings } from '../tracked-settings.ts'
import { withVariables } from '../variables.ts'
import { readProviders } from './providers.ts'
import { readRouter } from './router.ts'
import { LEFT_BEHIND } from './unsupported.ts'

/** `config.json` of claude-code-router, versions 1 and 2. */
export function importClaudeCodeRouter(config: TrackedSettings, services: ImportServices): Draft {
  const draft = new Draft('claude-code-router config.json')
  const importing = { draft, services }
  const providers = readProviders(config, importing)
  readRouter(config, providers, draft)
  applyRows(SERVER, config, importing, draft.routes)
  readClientKey(config, importing)
  applyRows(LEFT_BEHIND, config, importing, draft.routes)
  return draft
}

/** Without a key it stayed on this machine, whatever was written. */
const host: Read = (config, name) => {
  const written = config.text(name)
  return config.text('APIKEY') ? written : undefined
}

const PROXIES = ['HTTPS_PROXY', 'https_proxy', 'httpsProxy', 'PROXY_URL']

/** The first of its names counts. */
const proxy: Read = (config, name, { draft, services }) => {
  const [written] = PROXIES.flatMap(spelling => config.text(spelling) ?? [])
  const usable = written && proxyOf(withVariables(written, services))
  if (written && !usable)
    draft.noteDropped(
      name,
      'is no http, https, socks5 or socks5h address; write server.proxy-url by hand',
    )
  return usable
}

const SERVER: readonly Row[] = [
  { from: 'HOST', to: 'server.host', read: host },
  { from: 'PORT', to: 'server.port', read: (config, name) => config.number(name) ?? 3456 },
  { from: 'PROXY_URL', to: 'server.proxy-url', read: proxy },
]

function readClientKey(config: TrackedSettings, importing: Importing): void {
  const { draft, services } = importing
  const key = config.text('APIKEY')
  const written = config.text('HOST')
  if (key)
    draft.routes['api-keys'] = clientKeys(
      [{ key, as: withVariables(key, services) }],
      'APIKEY',
      importing,
    )
  else if (written && !isLocalHost(written))
    draft.noteUnneeded(
      'HOST',
      'without APIKEY it listened on this machine only, and so it does here',
    )
}
