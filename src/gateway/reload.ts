import { type FSWatcher, readFileSync, watch } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { formatDiagnostic } from '../config/index.ts'
import type { Services } from '../exchange/services.ts'
import type { Gateway } from '../exchange/snapshot.ts'
import { type After, after as realAfter } from '../lib/timer.ts'
import { redactorOf } from '../redaction/snapshot-secrets.ts'
import type { Diagnostic } from '../routing/diagnostic.ts'
import { createStill } from '../store/documents/still.ts'
import { compile } from './compile.ts'
import { openedGates } from './gates.ts'
import type { Live } from './live.ts'

/** Watching misses some network drives and bind mounts, so the file is also looked at. */
const POLL_MS = 2_000
/** How long files must keep still where a half-written one would let in who is kept out now. */
const GATE_STILL_MS = 2_000

export type Reloader = {
  /**
   * Compiles the file once it keeps still, also if it looks as it did, and swaps it in if it is
   * good. Gives what is wrong with it.
   */
  reload(): Promise<readonly Diagnostic[]>
  /** The same at once, for a text that we wrote into the file ourselves. */
  written(text: string): readonly Diagnostic[]
  /** Compiles what is served once more, with the models that upstreams list now. */
  relist(): Promise<readonly Diagnostic[]>
  stop(): void
}

/** Where a file may appear while the built-in routes serve. */
export type Places = {
  paths: readonly string[]
  /** The first of them with a file that may be used; undefined: there is none. */
  find(): string | undefined
}

export type ReloaderOptions = {
  /** The built-in routes serve; they give way to a file as soon as one appears. */
  builtin?: Places
  /** Called when the file was compiled anew and swapped in. */
  reloaded?(gateway: Gateway): void
  after?: After
}

/**
 * Keeps `live` in step with the file. A change counts once the file keeps still. A bad edit, or a
 * file that has vanished, leaves the last good gateway serving and says so in the log.
 */
export function createReloader<App>(
  file: string,
  live: Live<App>,
  services: Services,
  build: (gateway: Gateway) => App,
  { builtin, reloaded = () => {}, after = realAfter }: ReloaderOptions = {},
): Reloader {
  /** Undefined from the first file on that is good. */
  let places = builtin
  let missing = false
  let forced = false
  let warned = ''
  /** Who waits for the next verdict. */
  const asking: ((verdict: readonly Diagnostic[]) => void)[] = []
  /** What the text names that was compiled last; a refused one may only lack a file. */
  let files = live.current.gateway.table.files
  /** What was compiled last, whether it was good or not. */
  let judged = withFiles(live.current.gateway.table.text)

  const fileNow = (): string | undefined => (places ? places.find() : file)
  const still = createStill(watchedPaths, after, judge)

  function judge(stillMs: number): number {
    try {
      return judgeNow(stillMs)
    } catch (error) {
      services.log.write('error', `reload failed: ${String(error)}`)
      answer(live.refused)
      return 0
    }
  }

  /** Gives how long the files must keep still before they are judged again; 0: it is done. */
  function judgeNow(stillMs: number): number {
    const path = fileNow()
    const text = path === undefined ? undefined : textOf(path)
    if (path === undefined || text === undefined) {
      answer(vanished(path))
      return 0
    }
    missing = false
    if (!forced && withFiles(text) === judged) {
      answer(live.refused)
      return 0
    }
    const compiled = compile(path, text, services)
    const opened = compiled.ok ? openedBy(compiled.value) : ''
    if (opened && stillMs < GATE_STILL_MS) {
      if (warned !== opened)
        services.log.write(
          'warn',
          `${path}: ${opened}; in force once the file has kept still for ${GATE_STILL_MS / 1000} s`,
        )
      warned = opened
      return GATE_STILL_MS
    }
    answer(settle(path, text, compiled))
    return 0
  }

  function answer(verdict: readonly Diagnostic[]): void {
    forced = false
    warned = ''
    for (const tell of asking.splice(0)) tell(verdict)
  }

  function vanished(path: string | undefined): readonly Diagnostic[] {
    if (places) return forced ? relistNow() : live.refused
    if (!missing)
      services.log.write(
        'warn',
        `${path} is gone; the last good routes stay in force until it is back`,
      )
    missing = true
    return live.refused
  }

  function openedBy({ table }: Gateway): string {
    return openedGates(live.current.gateway.table, table).join('; ')
  }

  function settle(
    path: string,
    text: string,
    compiled: ReturnType<typeof compile>,
  ): readonly Diagnostic[] {
    if (!compiled.ok) {
      live.refused = compiled.diagnostics
      files = compiled.files
      judged = withFiles(text)
      watchAll()
      services.log.write('error', `${path} has problems; the last good routes stay in force`)
      for (const diagnostic of compiled.diagnostics)
        services.log.write('error', formatDiagnostic(diagnostic))
      return compiled.diagnostics
    }
    const gateway = compiled.value
    const opened = openedBy(gateway)
    file = path
    places = undefined
    swap(gateway)
    judged = withFiles(text)
    live.refused = []
    live.reloads++
    watchAll()
    for (const warning of compiled.warnings) services.log.write('warn', formatDiagnostic(warning))
    if (opened) services.log.write('warn', `${path}: ${opened}; in force now`)
    services.log.write('info', `${path} reloaded`, {
      models: gateway.table.listed.length,
      providers: gateway.table.providers.size,
    })
    reloaded(gateway)
    return []
  }

  function swap(gateway: Gateway): void {
    const app = build(gateway)
    putInForce(gateway)
    live.current = { gateway, app }
    files = gateway.table.files
  }

  /** An edit that was refused stays refused: this is about the text that serves. */
  function relistNow(): readonly Diagnostic[] {
    const { file: name, text } = live.current.gateway.table
    const compiled = compile(name, text, services)
    if (!compiled.ok) {
      services.log.write(
        'error',
        `${name} has problems with the models that are listed now; the last good routes stay in force`,
      )
      for (const diagnostic of compiled.diagnostics)
        services.log.write('error', formatDiagnostic(diagnostic))
      return compiled.diagnostics
    }
    const known = new Set(live.current.gateway.table.warnings.map(formatDiagnostic))
    swap(compiled.value)
    for (const warning of compiled.warnings.map(formatDiagnostic))
      if (!known.has(warning)) services.log.write('warn', warning)
    return []
  }

  /** A text, and what the files hold now that are pulled in by `\${file:…}`. */
  function withFiles(text: string): string {
    const contents = files.map(path => {
      try {
        return services.readFile(path)
      } catch {
        return ''
      }
    })
    return [text, ...contents].join('\0')
  }

  function watchedPaths(): string[] {
    return [...(places ? places.paths : [file]), ...files].map(path => resolve(path))
  }

  const watchers = new Map<string, FSWatcher>()
  /** The files that matter, by folder. */
  let watched = new Map<string, string[]>()

  /** Directories, not files: a rename into place leaves a watched file's watcher dead. */
  function watchAll(): void {
    watched = Map.groupBy(watchedPaths(), path => dirname(path))
    for (const [folder, watcher] of watchers) {
      if (watched.has(folder)) continue
      watcher.close()
      watchers.delete(folder)
    }
    for (const folder of watched.keys()) if (!watchers.has(folder)) watchFolder(folder)
  }

  function watchFolder(folder: string): void {
    try {
      const watcher = watch(folder, (_event, name) => {
        if (name === null || watched.get(folder)?.includes(join(folder, name.toString())))
          still.begin()
      })
      watcher.on('error', () => {})
      watchers.set(folder, watcher)
    } catch {
      // Polling covers what cannot be watched.
    }
  }

  function poll(): void {
    if (still.waiting()) return
    const path = fileNow()
    const text = path === undefined ? undefined : textOf(path)
    const changed = text === undefined ? !missing && !places : withFiles(text) !== judged
    if (changed) still.begin()
  }

  watchAll()
  const polling = setInterval(poll, POLL_MS)
  polling.unref()

  let relisting: Promise<readonly Diagnostic[]> | undefined

  return {
    reload() {
      forced = true
      still.begin()
      return new Promise(resolve => asking.push(resolve))
    },
    written(text) {
      const verdict = settle(file, text, compile(file, text, services))
      missing = false
      return verdict
    },
    relist() {
      // One that has not begun yet will see this change too.
      relisting ??= Promise.resolve().then(() => {
        relisting = undefined
        return relistNow()
      })
      return relisting
    },
    stop() {
      clearInterval(polling)
      still.stop()
      for (const watcher of watchers.values()) watcher.close()
      answer(live.refused)
    },
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function proxiesOf({ table }: Gateway): ReadonlySet<string> {
  const providers = [...table.providers.values()]
  const written = providers.flatMap(({ proxy, credentials }) => [
    proxy,
    ...credentials.map(credential => credential.proxy),
  ])
  return new Set(written.filter(proxy => proxy !== undefined))
}

/** What outlives snapshots does from now on as this one says. */
export function putInForce(gateway: Gateway): void {
  const { table, services } = gateway
  services.pool.reconcile(credentialsOf(gateway), table.policy)
  services.proxies.keep(proxiesOf(gateway))
  services.ledger.follow(table.usage)
  services.log.follow({ ...table.logging, clean: redactorOf(gateway) })
}

export function credentialsOf({ table }: Pick<Gateway, 'table'>) {
  return [...table.providers.values()].flatMap(provider => [...provider.credentials])
}
