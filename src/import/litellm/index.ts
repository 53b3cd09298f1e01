import { clientKeys } from '../client-keys.ts'
import { Draft, type Importing, type ImportServices } from '../draft.ts'
import { applyRows, type Read, type Row, rounds, secondsCount, switchTo } from '../rows.ts'
import type { TrackedSettings } from '../tracked-settings.ts'
import { readModels } from './models.ts'
import { noteUnused, type ResolveVariable, readCredentials, readVariables } from './secrets.ts'
import { GENERAL, ROUTER, SETTINGS, TOP } from './unsupported.ts'

/** `config.yaml` of the LiteLLM proxy. */
export function importLiteLlm(config: TrackedSettings, services: ImportServices): Draft {
  const draft = new Draft('LiteLLM config.yaml')
  const importing = { draft, services }
  const router = config.mapping('router_settings')
  const settings = config.mapping('litellm_settings')
  const general = config.mapping('general_settings')
  const resolve = readVariables(config)
  const timeouts = [router.number('timeout'), settings.number('request_timeout')]
  readModels(config, {
    ...importing,
    resolve,
    credentials: readCredentials(config),
    timeout: timeouts.find(timeout => timeout !== undefined),
    providers: new Map(),
  })
  applyRows(TAKEN_OVER, config, importing, draft.routes)
  readListener(general, resolve, importing)
  noteUnused(config, draft)
  applyRows(ROUTER, router, importing, draft.routes)
  applyRows(SETTINGS, settings, importing, draft.routes)
  applyRows(GENERAL, general, importing, draft.routes)
  applyRows(TOP, config, importing, draft.routes)
  return draft
}

const megabytes: Read = (settings, name) => {
  const count = settings.number(name)
  return count ? `${count}MB` : undefined
}

/** Where its command line listens by default. */
const PORT = 4000

/** The router's settings go before the general ones; both are read. */
const TAKEN_OVER: readonly Row[] = [
  {
    from: ['router_settings.num_retries', 'litellm_settings.num_retries'],
    to: 'policy.request-retry',
    read: rounds,
  },
  {
    from: ['router_settings.cooldown_time', 'litellm_settings.cooldown_time'],
    to: 'policy.cooldown.transient',
    read: secondsCount,
  },
  {
    from: 'router_settings.disable_cooldowns',
    to: 'policy.cooldown',
    read: switchTo({ transient: '0s', max: '0s' }),
  },
  { from: 'port', to: 'server.port', read: () => PORT },
  { from: 'general_settings.max_request_size_mb', to: 'server.body-limit', read: megabytes },
  { from: 'litellm_settings.set_verbose', to: 'logging.level', read: switchTo('debug') },
]

function readListener(
  general: TrackedSettings,
  resolve: ResolveVariable,
  { draft, services }: Importing,
): void {
  draft.noteUnneeded(
    'port',
    `${PORT}, where LiteLLM listens by itself; change server.port if yours was another`,
  )
  const master = general.text('master_key')
  if (master) {
    const keys = [{ key: master, as: resolve(master) }]
    draft.routes['api-keys'] = clientKeys(keys, 'general_settings.master_key', { draft, services })
  }
  draft.noteDropped(
    'host',
    `it listened on all interfaces; here only this machine can call, until you write server.host: 0.0.0.0${master ? '' : ' and api-keys'}`,
  )
}
