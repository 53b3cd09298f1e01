import type { Diagnostic, Result } from '../config/index.ts'
import { createRoutesFile } from '../config/routes-file.ts'
import type { AccountFile } from '../credentials/accounts/account-file.ts'
import { createDiscovery, type Discovery } from '../discovery/discovery.ts'
import type { Services } from '../exchange/services.ts'
import { compile, compileFirst } from '../gateway/compile.ts'
import type { Gateway } from '../gateway/gateway.ts'
import { putInForce } from '../gateway/in-force.ts'
import type { Live } from '../gateway/live.ts'
import { createReloader, type Reloader } from '../gateway/reload.ts'
import { type App, buildApp } from '../http/app.ts'
import { createManagement, type Management } from '../management/management.ts'
import type { ConfigSource } from '../store/config-source.ts'
import type { DocumentPlace } from '../store/store.ts'
import { createServices, type Runtime } from './services.ts'
import { settle } from './shutdown.ts'
import type { Storage } from './storage.ts'

type ApplicationOptions = {
  /** What messages call the routes that serve first. */
  name: string
  text: string
  /** Where those come from that serve later. */
  source: ConfigSource
  runtime: Runtime
  /** Random; versions of the file and placeholders of its secrets hold as long as it is the same. */
  salt: Uint8Array
  /** Where the routes of that name are stored; undefined: nowhere, so they cannot be edited. */
  documentOf(name: string): DocumentPlace | undefined
}

/** A gateway with everything around it but a listener, signals and the end of the process. */
export interface Application {
  readonly services: Services
  /** The snapshot in force; a reload replaces it. */
  readonly live: Live<App>
  /** Begins to follow changes of the routes and to ask upstreams for their models. */
  start(): void
  /** Compiles the routes again. Gives what is wrong with them; then the last good ones stay. */
  reload(): Promise<readonly Diagnostic[]>
  /** The same; also ends cooldowns and lockouts, and asks upstreams for their models again. */
  refresh(): Promise<readonly Diagnostic[]>
  /** Follows nothing any more. Exchanges go on. */
  stop(): void
  /** Writes out what exchanges left behind, and closes the stores. Call it after the last exchange. */
  close(): Promise<void>
}

/** Compiles the routes and assembles what serves them. Not ok: the routes have errors. */
export function createApplication(options: ApplicationOptions): Result<Application> {
  const { name, text, runtime } = options
  const { services, storage } = createServices(runtime)
  const compiled = compileFirst(name, text, services)
  if (!compiled.ok) return compiled
  return { ...compiled, value: assemble(compiled.value, { services, storage }, options) }
}

function assemble(
  gateway: Gateway,
  { services, storage }: { services: Services; storage: Storage },
  options: ApplicationOptions,
): Application {
  putInForce(gateway)
  let reloader: Reloader | undefined
  const management = createRoutesManagement(
    () => live.current.gateway.table.file,
    text => reloader?.written(text) ?? [],
    services,
    options,
  )
  const build = (snapshot: Gateway): App => buildApp(snapshot, [management.routes(snapshot)])
  const live: Live<App> = { current: { gateway, app: build(gateway) }, refused: [], reloads: 0 }
  const discovery = createDiscovery({
    services,
    after: options.runtime.after,
    changed: () => void reloader?.relist(),
  })
  const accountsChanged = (renewed: readonly AccountFile[]): void => {
    endCooldowns(renewed, live.current.gateway)
    // Requests that wait for a credential may have one now.
    void reloader?.relist().then(() => services.waitingRoom.wake())
  }
  const reload = async () => (await reloader?.reload()) ?? []
  return {
    services,
    live,
    start() {
      reloader = createReloader({
        source: options.source,
        live,
        services,
        build,
        reloaded: ({ table }) => discovery.follow(table),
      })
      discovery.follow(live.current.gateway.table)
      services.accounts.start(accountsChanged)
      void services.recorder.sweep()
    },
    reload,
    refresh() {
      startAnew(services, management, discovery)
      return reload()
    },
    stop() {
      services.accounts.stop()
      discovery.stop()
      reloader?.stop()
    },
    async close() {
      await settle(services)
      storage.state.close()
      storage.usage.close()
    },
  }
}

/** The management API over the file that serves. */
function createRoutesManagement(
  served: () => string,
  reload: Reloader['written'],
  services: Services,
  { documentOf, salt }: ApplicationOptions,
): Management {
  const { now } = services
  return createManagement({
    now,
    salt,
    file() {
      const name = served()
      const place = documentOf(name)
      if (place === undefined) return undefined
      const check = (text: string) => compile(name, text, services)
      return createRoutesFile({ ...place, name, salt, check, reload })
    },
  })
}

/** Accounts that were signed in again are asked at once. */
function endCooldowns(renewed: readonly AccountFile[], { table, services }: Gateway): void {
  const files = new Set(renewed.map(({ file }) => file))
  for (const { credentials } of table.providers.values())
    for (const { id, account } of credentials)
      if (account && files.has(account.file)) services.pool.reset({ credential: id })
}

/** Ends what keeps credentials, addresses and model lists from being used or asked for at once. */
function startAnew(
  { log, pool, waitingRoom }: Services,
  management: Management,
  discovery: Discovery,
): void {
  const ended = pool.reset()
  waitingRoom.wake()
  if (ended > 0) log.write('info', 'credentials that were cooling down are asked again', { ended })
  const unlocked = management.unlock()
  if (unlocked > 0) log.write('info', 'management lockouts are over', { addresses: unlocked })
  discovery.refresh()
}
