import { type FSWatcher, watch } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Diagnostic } from '../config/diagnostic.ts'
import { formatDiagnostic } from '../config/index.ts'
import { compile } from './compile.ts'
import type { Gateway } from './gateway.ts'
import type { Live } from './live.ts'
import { censorOf } from './recording/secrets.ts'
import type { Services } from './services.ts'

/** Editors write in several steps; the last one counts. */
const SETTLE_MS = 80
/** Watching misses some network drives and bind mounts, so the file is also looked at. */
const POLL_MS = 2_000

export type Reloader = {
  /** Compiles the file as it is now and swaps it in if it is good. Calls run one after another. */
  reload(): Promise<readonly Diagnostic[]>
  /** Compiles what is served once more, with the models that upstreams list now. */
  relist(): Promise<readonly Diagnostic[]>
  stop(): void
}

export type ReloaderOptions = {
  /** The text is no file's: there is nothing to read again. */
  builtin?: boolean
  /** Called when the file was compiled anew and swapped in. */
  reloaded?(gateway: Gateway): void
}

/**
 * Keeps `live` in step with the file. A bad edit, or a file that has vanished, leaves the last good
 * gateway serving and says so in the log.
 */
export function createReloader<App>(
  file: string,
  live: Live<App>,
  services: Services,
  build: (gateway: Gateway) => App,
  { builtin = false, reloaded = () => {} }: ReloaderOptions = {},
): Reloader {
  let served = live.current.gateway.table.text
  let looked: string | undefined
  let missing = false
  let queue: Promise<unknown> = Promise.resolve()
  let timer: ReturnType<typeof setTimeout> | undefined
  /** What the text names that was compiled last; a refused one may only want for a file. */
  let files = live.current.gateway.table.files
  const watchers = new Map<string, FSWatcher>()
  /** The files that matter, by folder. */
  let watched = new Map<string, string[]>()

  async function reloadNow(force: boolean): Promise<readonly Diagnostic[]> {
    let text: string
    try {
      text = await Bun.file(file).text()
    } catch {
      if (!missing)
        services.log.write(
          'warn',
          `${file} is gone; the last good routes stay in force until it is back`,
        )
      missing = true
      return live.refused
    }
    missing = false
    const seen = `${text}\0${attachments()}`
    if (!force && seen === looked) return live.refused
    looked = seen
    if (!force && text === served && live.refused.length === 0 && unchanged()) return []
    return apply(text)
  }

  function apply(text: string): readonly Diagnostic[] {
    const compiled = compile(file, text, services)
    if (!compiled.ok) {
      live.refused = compiled.diagnostics
      files = compiled.files
      looked = `${text}\0${attachments()}`
      watchAll()
      services.log.write('error', `${file} has problems; the last good routes stay in force`)
      for (const diagnostic of compiled.diagnostics)
        services.log.write('error', formatDiagnostic(diagnostic))
      return compiled.diagnostics
    }
    const gateway = compiled.value
    swap(gateway)
    live.refused = []
    live.reloads++
    served = text
    watchAll()
    for (const warning of compiled.warnings) services.log.write('warn', formatDiagnostic(warning))
    services.log.write('info', `${file} reloaded`, {
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
    attached = attachments()
  }

  /** An edit that was refused stays refused: this is about the text that serves. */
  async function relistNow(): Promise<readonly Diagnostic[]> {
    const compiled = compile(file, served, services)
    if (!compiled.ok) {
      services.log.write(
        'error',
        `${file} has problems with the models that are listed now; the last good routes stay in force`,
      )
      for (const diagnostic of compiled.diagnostics)
        services.log.write('error', formatDiagnostic(diagnostic))
      return compiled.diagnostics
    }
    const told = new Set(live.current.gateway.table.warnings.map(formatDiagnostic))
    swap(compiled.value)
    for (const warning of compiled.warnings.map(formatDiagnostic))
      if (!told.has(warning)) services.log.write('warn', warning)
    return []
  }

  /** What the files pulled in by `\${file:…}` hold now. */
  function attachments(): string {
    return files
      .map(path => {
        try {
          return services.readFile(path)
        } catch {
          return ''
        }
      })
      .join('\0')
  }
  let attached = attachments()
  const unchanged = (): boolean => attached === attachments()

  function soon(): void {
    clearTimeout(timer)
    timer = setTimeout(() => void enqueue(() => reloadNow(false)), SETTLE_MS)
  }

  function enqueue(work: () => Promise<readonly Diagnostic[]>): Promise<readonly Diagnostic[]> {
    const next = queue.then(work, work)
    queue = next.catch(error => services.log.write('error', `reload failed: ${String(error)}`))
    return next
  }

  /** Directories, not files: a rename into place leaves a watched file's watcher dead. */
  function watchAll(): void {
    const paths = [resolve(file), ...files.map(path => resolve(path))]
    watched = Map.groupBy(paths, path => dirname(path))
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
        if (name === null || watched.get(folder)?.includes(join(folder, name.toString()))) soon()
      })
      watcher.on('error', () => {})
      watchers.set(folder, watcher)
    } catch {
      // Polling covers what cannot be watched.
    }
  }
  let poll: ReturnType<typeof setInterval> | undefined
  if (!builtin) {
    watchAll()
    poll = setInterval(() => void enqueue(() => reloadNow(false)), POLL_MS)
    poll.unref()
  }

  let relisting: Promise<readonly Diagnostic[]> | undefined

  return {
    reload: () => enqueue(builtin ? relistNow : () => reloadNow(true)),
    relist() {
      // One that has not begun yet will see this change too.
      relisting ??= enqueue(() => {
        relisting = undefined
        return relistNow()
      })
      return relisting
    },
    stop() {
      clearInterval(poll)
      clearTimeout(timer)
      for (const watcher of watchers.values()) watcher.close()
    },
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
  services.log.follow({ ...table.logging, clean: censorOf(gateway) })
}

export function credentialsOf({ table }: Pick<Gateway, 'table'>) {
  return [...table.providers.values()].flatMap(provider => [...provider.credentials])
}
