import type { Services } from '../exchange/services.ts'
import type { Diagnostic, Result } from '../routing/diagnostic.ts'
import type { ConfigSource } from '../store/config-source.ts'
import { compile } from './compile.ts'
import type { Gateway } from './gateway.ts'
import { createInstaller } from './install.ts'
import { createJudge } from './judge.ts'
import { createLastCompiled } from './last-compiled.ts'
import type { Live } from './live.ts'

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
  const installer = createInstaller(live, services, build)
  const last = createLastCompiled(live.current.gateway.table, services.readFile)
  const judge = createJudge({
    source,
    last,
    services,
    refused: () => live.refused,
    opened: installer.opened,
    install,
    relist: relistNow,
  })
  const following = source.follow({ files: last.files, ...judge })
  let relisting: Promise<readonly Diagnostic[]> | undefined

  function install(name: string, text: string, compiled: Result<Gateway>): readonly Diagnostic[] {
    const problems = installer.install(name, compiled)
    last.note(text, compiled.ok ? compiled.value.table.files : compiled.files)
    following.update(compiled.ok ? name : undefined)
    if (compiled.ok) reloaded?.(compiled.value)
    return problems
  }

  function relistNow(): readonly Diagnostic[] {
    const problems = installer.relist()
    last.follow(live.current.gateway.table.files)
    return problems
  }

  return {
    reload() {
      const verdict = judge.force()
      following.check()
      return verdict
    },
    written(text) {
      const { file } = live.current.gateway.table
      const verdict = install(file, text, compile(file, text, services))
      judge.found()
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
      judge.settle(live.refused)
    },
  }
}
