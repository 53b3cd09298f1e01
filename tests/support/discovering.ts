import { createDiscovery, type Discovery } from '../../src/discovery/discovery.ts'
import type { Live } from '../../src/gateway/live.ts'
import { createReloader, type Reloader } from '../../src/gateway/reload.ts'
import { type App, buildApp } from '../../src/http/app.ts'
import type { After } from '../../src/lib/timer.ts'
import { placesSource } from '../../src/store/documents/file-source.ts'
import type { StateStore } from '../../src/store/state.ts'
import { type LocalGateway, localGateway, type Upstream } from './local-gateway.ts'

export type Discovering = LocalGateway & {
  discovery: Discovery
  live: Live<App>
  reloader: Reloader
  /** What `/v1/models` has now. */
  listed(): Promise<string[]>
  /** How often a list was asked for. */
  asked(): number
  /** Waits until no upstream is being asked, and one will be. */
  settled(): Promise<void>
}

/** How long one is waited for, which nothing else is. */
const LIMIT_MS = 10_000

/** A gateway in this process that discovers models; no upstream is asked before `discovery.follow`. */
export function discovering(
  routes: string,
  upstream: Upstream,
  options: { env?: Record<string, string>; state?: StateStore } = {},
): Discovering {
  const local = localGateway(routes, upstream, options.env, options.state)
  const { services, gateway } = local
  const pending = new Set<{ ms: number }>()
  const after: After = (ms, run) => {
    const watch = {
      ms,
      dueAtMs: services.now() + ms,
      due() {
        stop()
        run()
      },
    }
    const stop = (): void => {
      services.watchdog.remove(watch)
      pending.delete(watch)
    }
    services.watchdog.add(watch)
    pending.add(watch)
    return stop
  }
  const live: Live<App> = { current: { gateway, app: buildApp(gateway) }, refused: [], reloads: 0 }
  const reloader: Reloader = createReloader({
    source: placesSource({ paths: [], find: () => undefined }),
    live,
    services,
    build: buildApp,
  })
  const discovery = createDiscovery({ services, after, changed: () => void reloader.relist() })
  return {
    ...local,
    discovery,
    live,
    reloader,
    async listed() {
      const response = await live.current.app.fetch(new Request('http://localhost/v1/models'))
      const body = (await response.json()) as { data: { id: string }[] }
      return body.data.map(({ id }) => id)
    },
    settled: () =>
      until(() => pending.size === 1 && [...pending].every(({ ms }) => ms !== LIMIT_MS)),
    asked: () => local.received.filter(({ path }) => path.endsWith('/models')).length,
  }
}

/** Lets whatever is under way go on until the condition holds. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise(resolve => setImmediate(resolve))
}

/** Gives what must not happen the time to happen. */
export async function quiet(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise(resolve => setImmediate(resolve))
}
