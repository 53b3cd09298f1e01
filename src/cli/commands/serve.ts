import { randomBytes } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { join, resolve } from 'node:path'
import builtin from '../../../routes.yaml' with { type: 'text' }
import { createRoutesFile } from '../../config/file/routes-file.ts'
import { formatDiagnostic } from '../../config/index.ts'
import { OPEN_REMEDY } from '../../config/sections/server.ts'
import { createAffinityStore } from '../../credentials/affinity.ts'
import { createTokens } from '../../credentials/google/access-token.ts'
import { createPool } from '../../credentials/pool.ts'
import { createQuotas } from '../../credentials/quotas.ts'
import { createDiscovery } from '../../discovery/discovery.ts'
import { createModelLists } from '../../discovery/model-lists.ts'
import { createBackground } from '../../exchange/accounting/background.ts'
import { createLatencies } from '../../exchange/failover/latency.ts'
import { createLearnedCapabilities } from '../../exchange/failover/learned-capabilities.ts'
import { createWaitingRoom } from '../../exchange/failover/queue.ts'
import { createTokenEstimator } from '../../exchange/failover/token-estimate.ts'
import { createSealIssuers } from '../../exchange/history/seal-issuers.ts'
import type { Services } from '../../exchange/services.ts'
import type { Gateway } from '../../exchange/snapshot.ts'
import { createProbe } from '../../exchange/upstream/connect-probe.ts'
import { createProxies } from '../../exchange/upstream/proxies.ts'
import { createWatchdog } from '../../exchange/upstream/timers.ts'
import { compile, compileFirst } from '../../gateway/compile.ts'
import type { Live } from '../../gateway/live.ts'
import { createReloader, type Places, putInForce, type Reloader } from '../../gateway/reload.ts'
import { createRequestedNames } from '../../gateway/requested-names.ts'
import { type App, buildApp } from '../../http/app.ts'
import { type Listener, listen } from '../../http/listener.ts'
import type { Log } from '../../lib/log.ts'
import { isLocalHost } from '../../lib/net/host-name.ts'
import { isIpAddress, isLoopback } from '../../lib/net/ip-address.ts'
import { after } from '../../lib/timer.ts'
import { createManagement, type Management } from '../../management/index.ts'
import { createLog } from '../../observability/log.ts'
import { createRecent } from '../../observability/recent.ts'
import { createRecorder } from '../../observability/request-log/recorder.ts'
import { createLedger } from '../../observability/usage/ledger.ts'
import { createUsageWriter } from '../../observability/usage/writer.ts'
import { createPrices } from '../../providers/pricing/prices.ts'
import { createRecordFolder } from '../../store/record-folder.ts'
import { createStateStore, dataFolder, logsFolder } from '../../store/state.ts'
import { createUsageStore } from '../../store/usage.ts'
import { version } from '../../version.ts'
import { readArguments } from '../arguments.ts'
import { greeting } from '../greeting.ts'
import {
  type Found,
  type Located,
  locateRoutes,
  passedOverText,
  unaskedFiles,
} from '../routes-location.ts'
import { endOnSignal, ignoreOthers, stopSignal } from '../signals.ts'
import type { Io } from '../terminal.ts'

const HELP = `usage: jackfield [serve] [--routes FILE] [--host H] [--port N]

Starts the gateway. routes.yaml is watched: a good edit is in force once the file keeps still, a bad
one is reported and the last good one stays. SIGHUP reloads, ends the cooldowns of credentials, asks
providers for their models again and ends lockouts from management; SIGTERM, SIGINT and SIGQUIT let
running requests finish (server.shutdown-grace), a second one ends at once. SIGUSR1 and SIGUSR2 do
nothing.

  --routes FILE   default: JACKFIELD_ROUTES, else ./routes.yaml, else jackfield/routes.yaml where this
                  platform keeps settings (~/.config); a file of another user only where it is named.
                  Without any the built-in one, until one of the two appears
  --host H        overrides server.host (127.0.0.1: only this machine)
  --port N        overrides server.port (8317); 0 takes a free one
`

const OPTIONS = {
  routes: { type: 'string' },
  host: { type: 'string' },
  port: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

export async function run(args: readonly string[], io: Io): Promise<number> {
  const asked = readArguments({ name: 'serve', help: HELP, options: OPTIONS }, args, io)
  if ('exit' in asked) return asked.exit
  const options = asked.values
  const located = locateRoutes(options.routes, io)
  io.stderr(passedOverText(located))
  const source = sourceOf(located, io)
  if (!source) return 1
  let listener: Listener | undefined
  const log = createLog(io.stderr, Date.now)
  const services = createServices(io, log, request => listener?.peerOf(request))
  const compiled = compileFirst(source.file, source.text, services)
  if (!compiled.ok) {
    for (const diagnostic of compiled.diagnostics) io.stderr(`${formatDiagnostic(diagnostic)}\n`)
    io.stderr(
      `jackfield: ${source.file} has problems; mend them, or try "jackfield check ${source.file}"\n`,
    )
    return 1
  }
  const gateway = compiled.value
  const { server } = gateway.table
  const host = options.host ?? server.host
  const port = portFrom(options.port) ?? server.port
  if (Number.isNaN(port)) {
    io.stderr(`jackfield: --port ${options.port}: expected a number from 0 to 65535\n`)
    return 1
  }
  if (!server.openToAll && gateway.table.apiKeys.length === 0 && (await isReached(host))) {
    io.stderr(
      `jackfield: ${host} lets other machines in, and without api-keys they would need none; ${OPEN_REMEDY}\n`,
    )
    return 1
  }
  putInForce(gateway)
  const management = managed(
    () =>
      live.current.gateway.table.file === BUILTIN ? undefined : live.current.gateway.table.file,
    services,
    text => reloader.written(text),
    io,
  )
  const build = (one: Gateway): App => buildApp(one, [management.routes(one)])
  const live: Live<App> = { current: { gateway, app: build(gateway) }, refused: [], reloads: 0 }
  try {
    listener = listen(live, { host, port, ...(server.tls ? { tls: server.tls } : {}) })
  } catch (error) {
    io.stderr(`${listenProblem(error, host, port)}\n`)
    return 1
  }
  // Before the greeting: whoever reads it may send signals at once.
  const discovery = createDiscovery({ services, after, changed: () => void reloader.relist() })
  const reloader = createReloader(source.file, live, services, build, {
    ...(source.found ? {} : { builtin: placesFor(options.routes, io) }),
    reloaded: ({ table }) => discovery.follow(table),
  })
  process.on('SIGHUP', () => {
    const ended = services.pool.reset()
    services.waitingRoom.wake()
    if (ended > 0)
      log.write('info', 'credentials that were cooling down are asked again', { ended })
    const unlocked = management.unlock()
    if (unlocked > 0) log.write('info', 'management lockouts are over', { addresses: unlocked })
    discovery.refresh()
    void reloader.reload()
  })
  process.on('unhandledRejection', reason =>
    log.write('error', 'unhandled rejection', { reason: String(reason) }),
  )
  process.on('uncaughtException', error =>
    log.write('error', 'uncaught exception', { reason: String(error) }),
  )
  const stopping = stopSignal()
  ignoreOthers(log)
  // Providers that are off have a line of their own below.
  const off = new Set(
    [...gateway.table.providers].filter(([, { off }]) => off).map(([id]) => `providers.${id}`),
  )
  for (const warning of compiled.warnings)
    if (!off.has(warning.path)) io.stderr(`${formatDiagnostic(warning)}\n`)
  const { file, found } = source
  const unasked = found !== undefined && !found.named
  io.stderr(greeting({ table: gateway.table, url: listener.url, file, unasked }, io))
  if (server.openToAll && gateway.table.apiKeys.length === 0)
    log.write(
      'warn',
      `open to all: every machine that reaches ${host}:${listener.port} may call without a key, and you pay; add api-keys to ${source.file} to change that`,
    )
  discovery.follow(gateway.table)
  void services.recorder.sweep()
  await stopping
  discovery.stop()
  reloader.stop()
  return shutdown(live, listener, services)
}

/** Undefined: none is given. NaN: what is given is no port. */
function portFrom(written: string | undefined): number | undefined {
  if (written === undefined) return undefined
  const port = /^\d{1,5}$/.test(written) ? Number(written) : Number.NaN
  return port <= 65_535 ? port : Number.NaN
}

/** How the routes are called that are no file's. */
const BUILTIN = 'built-in routes'

/** `found`: absent where the built-in routes serve. */
type Source = { file: string; text: string; found: Found | undefined }

function sourceOf({ found }: Located, io: Io): Source | undefined {
  if (!found) return { file: BUILTIN, text: builtin, found }
  const { file } = found
  try {
    return { file, text: io.readFile(resolve(io.cwd, file)), found }
  } catch (error) {
    const reason =
      error instanceof Error && 'code' in error && error.code === 'EISDIR'
        ? 'is a folder'
        : 'cannot be read'
    io.stderr(`jackfield: ${file} ${reason}; "jackfield init ${file}" writes one to start from\n`)
    return undefined
  }
}

/** Where a file is waited for while the built-in routes serve. */
function placesFor(asked: string | undefined, io: Io): Places {
  return { paths: unaskedFiles(io), find: () => locateRoutes(asked, io).found?.file }
}

/** The management API over the file that serves; the built-in routes are none. */
function managed(
  served: () => string | undefined,
  services: Services,
  reload: Reloader['written'],
  io: Io,
): Management {
  const { now } = services
  const salt = randomBytes(32)
  return createManagement({
    now,
    salt,
    file() {
      const name = served()
      if (name === undefined) return undefined
      const check = (text: string) => compile(name, text, services)
      return createRoutesFile({ name, path: resolve(io.cwd, name), now, salt, check, reload })
    },
  })
}

function createServices(io: Io, log: Log, peerOf: Services['peerOf']): Services {
  const now = Date.now
  const watchdog = createWatchdog(now)
  const prices = createPrices()
  const warn = (message: string): void => log.write('warn', message)
  const state = createStateStore({
    folder: dataFolder(io.env),
    now,
    warn,
  })
  const usage = createUsageStore({ folder: dataFolder(io.env), warn })
  return {
    now,
    random: Math.random,
    probe: createProbe(now),
    proxies: createProxies(io.env),
    fetch: globalThis.fetch,
    env: io.env,
    readFile: io.readFile,
    pool: createPool({ now, random: Math.random, state }),
    affinity: createAffinityStore(now),
    tokens: createTokens({ now, fetch: globalThis.fetch }),
    state,
    quotas: createQuotas({ now, state }),
    requestedNames: createRequestedNames(state),
    latencies: createLatencies(now),
    learned: createLearnedCapabilities(now),
    sealIssuers: createSealIssuers(now),
    tokenEstimator: createTokenEstimator(),
    prices,
    recent: createRecent(),
    recorder: createRecorder({
      folder: createRecordFolder(join(logsFolder(io.env), 'requests'), now),
      now,
      warn,
    }),
    waitingRoom: createWaitingRoom(now, watchdog),
    lists: createModelLists(state, now),
    background: createBackground(),
    ledger: createLedger(createUsageWriter({ after, prices, warn, store: usage })),
    log,
    watchdog,
    peerOf,
    userAgent: `jackfield/${version}`,
    turns: new Map(),
  }
}

function listenProblem(error: unknown, host: string, port: number): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'EADDRINUSE')
    return `jackfield: port ${port} on ${host} is in use; stop what runs there or give another --port`
  if (code === 'EACCES')
    return `jackfield: port ${port} may not be opened by this user; give a --port above 1023`
  return `jackfield: cannot listen on ${host}:${port} (${error instanceof Error ? error.message : error}); check --host and --port`
}

/** Whether other machines reach what listens there; a name is looked up. */
async function isReached(host: string): Promise<boolean> {
  if (isLocalHost(host) || isIpAddress(host)) return !isLocalHost(host)
  // The listener takes `*` for all addresses, while the look-up says that it is this machine.
  if (host === '*') return true
  const addresses = await lookup(host, { all: true }).catch(() => [])
  return addresses.length === 0 || addresses.some(({ address }) => !isLoopback(address))
}

/** Lets running exchanges finish within the grace period; another signal ends at once. */
async function shutdown(
  live: Live<App>,
  listener: Listener,
  { log, recorder, ledger, background }: Services,
): Promise<number> {
  const graceMs = live.current.gateway.table.server.shutdownGraceMs
  log.write('info', `stopping; running requests have ${Math.round(graceMs / 1000)} s to finish`)
  log.flush()
  endOnSignal(log)
  const drained = listener.drain().then(() => true)
  const late = new Promise<boolean>(resolve => setTimeout(() => resolve(false), graceMs).unref())
  if (!(await Promise.race([drained, late]))) {
    log.write('warn', 'the grace period is over; cutting what still runs')
    await listener.cut()
  }
  await background.settled()
  await Promise.all([recorder.settled(), ledger.flush()])
  log.flush()
  process.exit(0)
}
