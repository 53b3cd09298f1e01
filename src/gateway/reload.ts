import type { Services } from '../exchange/services.ts'
import type { Gateway } from '../exchange/snapshot.ts'
import type { Diagnostic, Result } from '../routing/diagnostic.ts'
import type { ConfigSource } from '../store/config-source.ts'
import { compile } from './compile.ts'
import { createInstaller } from './install.ts'
import { createLastCompiled } from './last-compiled.ts'
import type { Live } from './live.ts'

/** How long files must keep still where a half-written one would let in callers that are kept out now. */
const GATE_STILL_MS = 2_000

export interface Reloader {
  /**
   * Compiles the routes once they keep still, also if they look as they did, and swaps them in if they
   * are good. Gives what is wrong with them.
   */
  reload(): Promise<readonly Diagnostic[]>
  /** The same at once, for a text that we wrote ourselves. */
  written(text: string): readonly Diagnostic[]
  /** Compiles what is served once more, with the models that upstreams list now. */
  relist(): Promise<readonly Diagnostic[]>
  stop(): void
}

export type ReloaderOptions<App> = {
  source: ConfigSource
  live: Live<App>
  services: Services
  build(gateway: Gateway): App
  /** Called when the routes were compiled anew and swapped in. */
  reloaded?(gateway: Gateway): void
}

/**
 * Keeps `live` in step with the source. A bad edit, or routes that have vanished, leave the last good
 * gateway serving, and the log says so.
 */
export function createReloader<App>(options: ReloaderOptions<App>): Reloader {
  const { source, live, services, build, reloaded } = options
  const { log } = services
  const installer = createInstaller(live, services, build)
  const last = createLastCompiled(live.current.gateway.table, services.readFile)
  /** Callers of `reload` that wait for the next verdict. */
  const waiting: ((verdict: readonly Diagnostic[]) => void)[] = []
  let relisting: Promise<readonly Diagnostic[]> | undefined
  let missing = false
  let forced = false
  let warned = ''

  function differs(): boolean {
    const now = source.current()
    if (now?.text === undefined) return now !== undefined && !missing
    return last.differs(now.text)
  }

  function judge(stillMs: number): number {
    try {
      return judgeNow(stillMs)
    } catch (error) {
      log.write('error', `reload failed: ${String(error)}`)
      return answer(live.refused)
    }
  }

  function judgeNow(stillMs: number): number {
    const now = source.current()
    if (now?.text === undefined) return answer(vanished(now?.name))
    const { name, text } = now
    missing = false
    if (!forced && !last.differs(text)) return answer(live.refused)
    const compiled = compile(name, text, services)
    const opened = installer.opened(compiled)
    if (opened === '' || stillMs >= GATE_STILL_MS) return answer(install(name, text, compiled))
    if (warned !== opened)
      log.write(
        'warn',
        `${name}: ${opened}; in force once the file has kept still for ${GATE_STILL_MS / 1000} s`,
      )
    warned = opened
    return GATE_STILL_MS
  }

  /** Gives 0: the routes are judged. */
  function answer(verdict: readonly Diagnostic[]): 0 {
    forced = false
    warned = ''
    for (const resolve of waiting.splice(0)) resolve(verdict)
    return 0
  }

  /** `name` is undefined while built-in routes serve: without a file nothing is missing. */
  function vanished(name: string | undefined): readonly Diagnostic[] {
    if (name === undefined) return forced ? relistNow() : live.refused
    if (!missing)
      log.write('warn', `${name} is gone; the last good routes stay in force until it is back`)
    missing = true
    return live.refused
  }

  function install(name: string, text: string, compiled: Result<Gateway>): readonly Diagnostic[] {
    const refused = installer.install(name, compiled)
    last.note(text, compiled.ok ? compiled.value.table.files : compiled.files)
    following.update(compiled.ok ? name : undefined)
    if (compiled.ok) reloaded?.(compiled.value)
    return refused
  }

  function relistNow(): readonly Diagnostic[] {
    const problems = installer.relist()
    last.follow(live.current.gateway.table.files)
    return problems
  }

  const following = source.follow({ files: last.files, differs, judge })

  return {
    reload() {
      forced = true
      const verdict = new Promise<readonly Diagnostic[]>(resolve => waiting.push(resolve))
      following.check()
      return verdict
    },
    written(text) {
      const { file } = live.current.gateway.table
      const verdict = install(file, text, compile(file, text, services))
      missing = false
      return verdict
    },
    relist() {
      // A call that has not begun yet will see this change too.
      relisting ??= Promise.resolve().then(() => {
        relisting = undefined
        return relistNow()
      })
      return relisting
    },
    stop() {
      following.stop()
      answer(live.refused)
    },
  }
}
