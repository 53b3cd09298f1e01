import { isLocalHost } from '../../lib/net/host-name.ts'
import { clientKeys } from '../client-keys.ts'
import { type Draft, filled, type ImportServices, noteDropped } from '../draft.ts'
import { filePath } from '../paths.ts'
import { proxyOf } from '../service-catalogue.ts'
import type { TrackedSettings } from '../tracked-settings.ts'

/** `host`, `port`, `tls`, `proxy-url`. */
export function readServer(config: TrackedSettings, draft: Draft, services: ImportServices): void {
  const host = config.text('host')
  const proxy = config.text('proxy-url')
  draft.routes.server = filled({
    host,
    port: config.number('port'),
    'proxy-url': proxy && usableProxy(proxy, config.path('proxy-url'), draft),
    tls: readTls(config.mapping('tls'), services),
  })
  if (host === undefined)
    noteDropped(
      draft,
      'host',
      'it listened on all interfaces; here only this machine can call, until you write server.host: 0.0.0.0',
    )
}

function readTls(tls: TrackedSettings, services: ImportServices) {
  const [cert, key] = [tls.text('cert'), tls.text('key')]
  if (!tls.flag('enable')) return undefined
  return filled({ cert: cert && filePath(cert, services), key: key && filePath(key, services) })
}

/** Undefined, with a note: a proxy of a sort that is not known here. */
export function usableProxy(written: string, about: string, draft: Draft): string | undefined {
  const proxy = proxyOf(written)
  if (proxy === undefined)
    noteDropped(
      draft,
      about,
      'is no http, https, socks5 or socks5h address; write proxy-url by hand',
    )
  return proxy
}

/** `api-keys`, and where older versions had them. */
export function readClientKeys(
  config: TrackedSettings,
  draft: Draft,
  services: ImportServices,
): void {
  const older = config
    .mapping('auth')
    .mappings('providers')
    .flatMap(provider => {
      for (const name of ['name', 'type', 'sdk']) provider.text(name)
      return provider.texts('api-keys')
    })
  const all = [...new Set([...config.texts('api-keys'), ...older])]
  const keys = clientKeys(
    all.map(key => ({ key })),
    'api-keys',
    draft,
    services,
  )
  if (keys.length > 0) draft.routes['api-keys'] = keys
  else
    noteDropped(
      draft,
      'api-keys',
      'there are none, and it let in everybody; here only programs on this machine may call until you write api-keys',
    )
  if (keys.length === 0) stayLocal(draft)
  if (config.flag('allow-localhost-unauthenticated'))
    noteDropped(
      draft,
      'allow-localhost-unauthenticated',
      'where there are api-keys, programs on this machine need one too; give them one of their own',
    )
}

/** Without keys a listener that other machines reach is an error here. */
function stayLocal({ notes, routes }: Draft): void {
  const host = routes.server?.host
  if (typeof host !== 'string' || isLocalHost(host)) return
  delete routes.server?.host
  notes.push({
    about: 'host',
    text: `it listened on ${host}; here only this machine can call, until you write server.host and api-keys`,
    loses: true,
  })
}
