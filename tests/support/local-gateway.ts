import { join } from 'node:path'
import { createApplication } from '../../src/app/create.ts'
import { createServices, type Runtime } from '../../src/app/services.ts'
import type { Services } from '../../src/exchange/services.ts'
import type { Watch } from '../../src/exchange/upstream/timers.ts'
import type { Gateway } from '../../src/gateway/gateway.ts'
import { putInForce } from '../../src/gateway/in-force.ts'
import { createPrices } from '../../src/providers/pricing/prices.ts'
import { constantSource } from '../../src/store/config-source.ts'
import { createRecordFolder } from '../../src/store/record-folder.ts'
import { createMemoryState } from '../../src/store/state/memory.ts'
import type { StateStore } from '../../src/store/state.ts'
import { createMemoryUsageStore, type UsageStore } from '../../src/store/usage.ts'
import { whole } from './routes.ts'

/** A request as the upstream got it. */
export type Received = {
  url: string
  path: string
  headers: Headers
  body: Uint8Array
  text: string
  signal: AbortSignal
  /** What fetch was told about proxies. */
  proxy?: unknown
}
export type Upstream = (received: Received) => Response | Promise<Response>

export type LocalGateway = {
  gateway: Gateway
  services: Services
  /** What the ledger wrote; see `services.ledger.flush`. */
  usage: UsageStore
  received: Received[]
  /** Everything logged so far. */
  logged(): string
  call(path: string, init?: RequestInit & { json?: unknown }): Promise<Response>
  /** Moves the clock and lets every timer that is due fire. */
  advance(ms: number): void
  /** Drops all that requests have left behind: received, logged, state, timers, time. */
  renew(nextStore?: StateStore): void
}

const START_MS = Date.UTC(2026, 0, 1)

/**
 * A gateway in this process: real configuration, routing, codecs and handlers, with the network
 * replaced by a function and the clock standing still. `routes` is YAML.
 */
export function localGateway(
  routes: string,
  upstream: Upstream,
  env: Record<string, string> = {},
  initialStore?: StateStore,
): LocalGateway {
  let store = initialStore
  let now = START_MS
  const watches = new Set<Watch>()
  const received: Received[] = []
  let logged = ''
  let usage = lazyUsageStore()
  const timers = new Set<{ dueAtMs: number; run(): void }>()
  const runtime: Runtime = {
    now: () => now,
    random: () => 0,
    after(ms, run) {
      const timer = { dueAtMs: now + ms, run }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    probe: () => undefined,
    fetch: Object.assign(
      async (input: RequestInfo | URL, init?: RequestInit) => {
        const body = new Uint8Array((init?.body as Uint8Array<ArrayBuffer> | undefined) ?? [])
        const request: Received = {
          url: String(input),
          path: new URL(String(input)).pathname,
          headers: new Headers(init?.headers),
          body,
          text: new TextDecoder().decode(body),
          signal: init?.signal ?? new AbortController().signal,
          ...(init && 'proxy' in init ? { proxy: init.proxy } : {}),
        }
        received.push(request)
        return abortable(Promise.resolve(upstream(request)), request.signal)
      },
      { preconnect() {} },
    ),
    env,
    readFile: () => {
      throw new Error('no files in this test')
    },
    write: text => {
      logged += text
    },
    tokens: {
      tokenFor: async account => `token-of-${account.email}`,
      drop() {},
      issued: () => [],
    },
    prices: createPrices(),
    watchdog: {
      add: watch => void watches.add(watch),
      remove: watch => void watches.delete(watch),
    },
    peerOf: () => '127.0.0.1',
    userAgent: 'jackfield/test',
    storage: () => ({
      state: store ?? createMemoryState(() => START_MS),
      usage,
      records: createRecordFolder(join(env.JACKFIELD_HOME ?? '', 'logs/requests'), () => now),
    }),
  }
  const created = createApplication({
    name: 'routes.yaml',
    text: whole(routes),
    source: constantSource('routes.yaml', whole(routes)),
    runtime,
    salt: new Uint8Array(32),
    documentOf: () => undefined,
  })
  if (!created.ok)
    throw new Error(
      created.diagnostics.map(d => `${d.at.line}: ${d.path}: ${d.message}`).join('\n'),
    )
  const { services, live } = created.value
  const { gateway, app } = live.current
  return {
    gateway,
    services,
    get usage() {
      return usage
    },
    received,
    logged() {
      services.log.flush()
      return logged
    },
    async call(path, init = {}) {
      const { json, ...rest } = init
      const request = new Request(`http://localhost${path}`, {
        ...rest,
        ...(json === undefined
          ? {}
          : {
              method: 'POST',
              body: JSON.stringify(json),
              headers: { 'content-type': 'application/json', ...rest.headers },
            }),
      })
      return app.fetch(request)
    },
    advance(ms) {
      now += ms
      for (const watch of [...watches]) if (watch.dueAtMs <= now) watch.due()
      for (const timer of [...timers]) if (timer.dueAtMs <= now && timers.delete(timer)) timer.run()
    },
    renew(nextStore) {
      store = nextStore
      now = START_MS
      logged = ''
      received.length = 0
      watches.clear()
      timers.clear()
      usage = lazyUsageStore()
      Object.assign(services, createServices(runtime).services)
      putInForce(gateway)
    },
  }
}

/** A store that is opened when first needed: most gateways write no usage, and opening is what costs. */
function lazyUsageStore(): UsageStore {
  let opened: UsageStore | undefined
  const store = (): UsageStore => {
    opened ??= createMemoryUsageStore()
    return opened
  }
  return {
    add: rows => store().add(rows),
    rows: sinceHour => store().rows(sinceHour),
    prune: beforeHour => store().prune(beforeHour),
    close: () => opened?.close(),
  }
}

/** By routes and environment: compiled once, with the upstream of the test that took it last. */
const renewed = new Map<string, { gateway: LocalGateway; upstream: Upstream }>()

/**
 * As `localGateway`, at a fraction of its cost: one gateway for all tests with the same routes and
 * environment, renewed for each. It is a test's own until the next call with the same routes.
 */
export function renewedGateway(
  routes: string,
  upstream: Upstream,
  env: Record<string, string> = {},
  store?: StateStore,
): LocalGateway {
  const key = JSON.stringify([routes, env])
  const known = renewed.get(key)
  if (known) {
    known.upstream = upstream
    known.gateway.renew(store)
    return known.gateway
  }
  const latest = { upstream }
  const gateway = localGateway(routes, received => latest.upstream(received), env, store)
  renewed.set(key, Object.assign(latest, { gateway }))
  return gateway
}

function abortable(reply: Promise<Response>, signal: AbortSignal): Promise<Response> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(new DOMException('The operation was aborted.', 'AbortError'))
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    reply.then(resolve, reject)
  })
}

/** An event stream in the given pieces. */
export function streamOf(pieces: readonly (string | Uint8Array)[]): Response {
  const encoder = new TextEncoder()
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces)
        controller.enqueue(typeof piece === 'string' ? encoder.encode(piece) : piece)
      controller.close()
    },
  })
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
}
