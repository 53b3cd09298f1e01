import type { JsonObject } from '../../lib/json/json.ts'
import { type Draft, filled, noteDropped, noteUnneeded } from '../draft.ts'
import { isSupported } from '../supported-settings.ts'
import type { TrackedSettings } from '../tracked-settings.ts'

const LATER = 'with a later version; import again then, or write it by hand'

/** The management API, logs and usage; and Amp's relay, as far as this version takes it. */
export function readManagement(config: TrackedSettings, draft: Draft): void {
  readRemote(config.mapping('remote-management'), draft)
  readLogging(config, draft)
  readRelay(config, draft)
}

function readRemote(remote: TrackedSettings, draft: Draft): void {
  draft.routes['remote-management'] = filled({
    'allow-remote': remote.flag('allow-remote') || undefined,
    // As it is, or the hash that was put in its place.
    'secret-key': remote.text('secret-key'),
    'disable-control-panel': remote.flag('disable-control-panel') || undefined,
  })
}

function readLogging(config: TrackedSettings, draft: Draft): void {
  draft.routes.logging = filled({
    level: config.flag('debug') ? 'debug' : undefined,
    file: config.flag('logging-to-file') || undefined,
    requests: config.flag('request-log') ? 'all' : undefined,
  })
  if (config.flag('usage-statistics-enabled') === false) draft.routes.usage = { enabled: false }
  for (const name of ['logs-max-total-size-mb', 'error-logs-max-files'])
    if (config.number(name))
      noteUnneeded(draft, name, 'logs are not counted or cut by such a number')
}

const RELAY = ['upstream-url', 'upstream-api-key', 'restrict-management-to-localhost']

/** Under `ampcode`, or, in older versions, at the top. */
function readRelay(config: TrackedSettings, draft: Draft): void {
  const amp = config.mapping('ampcode')
  const settings: JsonObject = {}
  for (const name of RELAY)
    for (const [reading, written] of [
      [amp, name],
      [config, `amp-${name}`],
    ] as const) {
      const value = reading.flag(written) ?? reading.text(written)
      if (value === undefined || value === false) continue
      settings[name] ??= value
      if (!isSupported('amp'))
        noteDropped(
          draft,
          reading.path(written),
          `the relay to Amp, and its paths under /api/provider, come ${LATER}`,
        )
    }
  if (isSupported('amp')) draft.routes.amp = settings
}
