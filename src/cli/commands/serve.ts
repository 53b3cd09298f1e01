import { resolve } from 'node:path'
import builtin from '../../../routes.yaml' with { type: 'text' }
import { type Application, createApplication } from '../../app/create.ts'
import { greeting } from '../../app/greeting.ts'
import type { Runtime } from '../../app/services.ts'
import { shutdown } from '../../app/shutdown.ts'
import { folderStorage } from '../../app/storage.ts'
import { type Diagnostic, formatDiagnostic } from '../../config/index.ts'
import { type Listener, listen } from '../../http/listener.ts'
import { codeOf } from '../../lib/thrown.ts'
import { after } from '../../lib/timer.ts'
import { dataFolder } from '../../store/data-folder.ts'
import { fileSource, placesSource } from '../../store/documents/file-source.ts'
import { fileDocument } from '../../store/documents/folder.ts'
import { command } from '../arguments.ts'
import { type ListenerAddress, listenerAddress, listenProblem } from '../listener-address.ts'
import {
  type Found,
  type Located,
  locateRoutes,
  passedOverText,
  unaskedFiles,
} from '../routes-location.ts'
import { endOnSignal, ignoreOthers, logFaults, stopSignal } from '../signals.ts'
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

/** How the routes are called that are no file's. */
const BUILTIN = 'built-in routes'

const USAGE = { name: 'serve', help: HELP, options: OPTIONS } as const

export const run = command(USAGE, async ({ values: options }, io) => {
  const located = locateRoutes(options.routes, io)
  io.stderr(passedOverText(located))
  const source = sourceOf(located, io)
  if (!source) return 1
  let listener: Listener | undefined
  const created = createApplication({
    name: source.file,
    text: source.text,
    runtime: runtimeOf(io, request => listener?.peerOf(request)),
    salt: crypto.getRandomValues(new Uint8Array(32)),
    documentOf: name =>
      name === BUILTIN ? undefined : fileDocument(resolve(io.cwd, name), Date.now),
    source: source.found
      ? fileSource(source.file)
      : placesSource({
          paths: unaskedFiles(io),
          find: () => locateRoutes(options.routes, io).found?.file,
        }),
  })
  if (!created.ok) {
    for (const diagnostic of created.diagnostics) io.stderr(`${formatDiagnostic(diagnostic)}\n`)
    io.stderr(
      `jackfield: ${source.file} has problems; mend them, or try "jackfield check ${source.file}"\n`,
    )
    return 1
  }
  const application = created.value
  const address = await listenerAddress(application.live.current.gateway.table, options)
  if (typeof address === 'string') return failed(address, io)
  try {
    listener = listenOn(application, address)
  } catch (error) {
    return failed(listenProblem(error, address), io)
  }
  return serve(application, listener, { source, warnings: created.warnings, address }, io)
})

function failed(problem: string, io: Io): number {
  io.stderr(`jackfield: ${problem}\n`)
  return 1
}

function listenOn({ live }: Application, address: ListenerAddress): Listener {
  return listen(live, { ...address, tls: live.current.gateway.table.server.tls })
}

type Started = { source: Source; warnings: readonly Diagnostic[]; address: ListenerAddress }

/** Serves until a signal to stop, and ends the process. */
async function serve(
  application: Application,
  listener: Listener,
  started: Started,
  io: Io,
): Promise<number> {
  const { live, services } = application
  const { log } = services
  application.start()
  // Before the greeting: a program that reads it may send signals at once.
  process.on('SIGHUP', () => void application.refresh())
  logFaults(log)
  const stopping = stopSignal()
  ignoreOthers(log)
  greet(application, listener, started, io)
  await stopping
  application.stop()
  const graceMs = live.current.gateway.table.server.shutdownGraceMs
  log.write('info', `stopping; running requests have ${Math.round(graceMs / 1000)} s to finish`)
  log.flush()
  endOnSignal(log)
  await shutdown(application, listener)
  process.exit(0)
}

function greet(
  { live, services }: Application,
  listener: Listener,
  { source: { file, found }, warnings, address }: Started,
  io: Io,
): void {
  const { table } = live.current.gateway
  // Providers that are off have a line of their own below.
  const off = new Set(
    [...table.providers].filter(([, { off }]) => off).map(([id]) => `providers.${id}`),
  )
  for (const warning of warnings)
    if (!off.has(warning.path)) io.stderr(`${formatDiagnostic(warning)}\n`)
  const foundAt = found && !found.named ? resolve(io.cwd, file) : undefined
  io.stderr(greeting({ table, url: listener.url, file, foundAt }))
  if (table.server.openToAll && table.apiKeys.length === 0)
    services.log.write(
      'warn',
      `open to all: every machine that reaches ${address.host}:${listener.port} may call without a key, and you pay; add api-keys to ${file} to change that`,
    )
}

/** `found`: absent where the built-in routes serve. */
type Source = { file: string; text: string; found: Found | undefined }

function sourceOf({ found }: Located, io: Io): Source | undefined {
  if (!found) return { file: BUILTIN, text: builtin, found }
  const { file } = found
  try {
    return { file, text: io.readFile(resolve(io.cwd, file)), found }
  } catch (error) {
    const reason = codeOf(error) === 'EISDIR' ? 'is a folder' : 'cannot be read'
    io.stderr(`jackfield: ${file} ${reason}; "jackfield init ${file}" writes one to start from\n`)
    return undefined
  }
}

function runtimeOf(io: Io, peerOf: Runtime['peerOf']): Runtime {
  return {
    now: Date.now,
    random: Math.random,
    after,
    fetch: globalThis.fetch,
    env: io.env,
    readFile: io.readFile,
    write: io.stderr,
    peerOf,
    storage: warn => folderStorage(dataFolder(io.env), Date.now, warn),
  }
}
