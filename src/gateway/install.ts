import { formatDiagnostic } from '../config/index.ts'
import type { Services } from '../exchange/services.ts'
import type { Diagnostic, Result } from '../routing/diagnostic.ts'
import { compile } from './compile.ts'
import { openedGates } from './gates.ts'
import type { Gateway } from './gateway.ts'
import { putInForce } from './in-force.ts'
import type { Live } from './live.ts'

/** Puts compiled routes in the place of those that serve. What has errors never takes it. */
export interface Installer {
  /** Gives the diagnostics of routes with errors; empty: they are in force now. */
  install(name: string, compiled: Result<Gateway>): readonly Diagnostic[]
  /**
   * Compiles the routes that serve once more. An edit that was refused stays refused. Gives the
   * diagnostics of routes that have errors with the models that are listed now.
   */
  relist(): readonly Diagnostic[]
  /** Which callers the routes let in that those in force keep out, in words; empty: none. */
  opened(compiled: Result<Gateway>): string
}

export function createInstaller<App>(
  live: Live<App>,
  services: Services,
  build: (gateway: Gateway) => App,
): Installer {
  const { log } = services

  function swap(gateway: Gateway): void {
    const app = build(gateway)
    putInForce(gateway)
    live.current = { gateway, app }
  }

  function logErrors(heading: string, diagnostics: readonly Diagnostic[]): void {
    log.write('error', `${heading}; the last good routes stay in force`)
    for (const diagnostic of diagnostics) log.write('error', formatDiagnostic(diagnostic))
  }

  function opened(compiled: Result<Gateway>): string {
    if (!compiled.ok) return ''
    return openedGates(live.current.gateway.table, compiled.value.table).join('; ')
  }

  return {
    opened,
    install(name, compiled) {
      if (!compiled.ok) {
        live.refused = compiled.diagnostics
        logErrors(`${name} has problems`, compiled.diagnostics)
        return compiled.diagnostics
      }
      const gates = opened(compiled)
      const { table } = compiled.value
      swap(compiled.value)
      live.refused = []
      live.reloads++
      for (const warning of compiled.warnings) log.write('warn', formatDiagnostic(warning))
      if (gates) log.write('warn', `${name}: ${gates}; in force now`)
      log.write('info', `${name} reloaded`, {
        models: table.listed.length,
        providers: table.providers.size,
      })
      return []
    },
    relist() {
      const { file: name, text, warnings } = live.current.gateway.table
      const compiled = compile(name, text, services)
      if (!compiled.ok) {
        logErrors(`${name} has problems with the models that are listed now`, compiled.diagnostics)
        return compiled.diagnostics
      }
      const known = new Set(warnings.map(formatDiagnostic))
      swap(compiled.value)
      for (const warning of compiled.warnings.map(formatDiagnostic))
        if (!known.has(warning)) log.write('warn', warning)
      return []
    },
  }
}
