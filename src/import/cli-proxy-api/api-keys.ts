import { isLocalHost } from '../../lib/net/host-name.ts'
import { clientKeys } from '../client-keys.ts'
import type { Importing } from '../draft.ts'
import type { TrackedSettings } from '../tracked-settings.ts'

/** `api-keys`, and where older versions had them. */
export function readClientKeys(config: TrackedSettings, { draft, services }: Importing): void {
  const older = config
    .mapping('auth')
    .mappings('providers')
    .flatMap(provider => {
      for (const name of ['name', 'type', 'sdk']) provider.text(name)
      return provider.texts('api-keys')
    })
  const written = [...new Set([...config.texts('api-keys'), ...older])].map(key => ({ key }))
  const keys = clientKeys(written, 'api-keys', { draft, services })
  if (keys.length > 0) {
    draft.routes['api-keys'] = keys
    return
  }
  draft.noteDropped(
    'api-keys',
    'there are none, and it let every caller in; here only programs on this machine may call until you write api-keys',
  )
  // Without keys a listener that other machines reach is an error here.
  const host = draft.routes.server?.host
  if (typeof host !== 'string' || isLocalHost(host)) return
  delete draft.routes.server?.host
  draft.noteDropped(
    'host',
    `it listened on ${host}; here only this machine can call, until you write server.host and api-keys`,
  )
}
