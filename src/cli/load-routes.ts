import { resolve } from 'node:path'
import builtin from '../../routes.yaml' with { type: 'text' }
import { compileTable, formatDiagnostic, type Result } from '../config/index.ts'
import { createModelLists } from '../discovery/model-lists.ts'
import { kinds } from '../providers/index.ts'
import type { RoutingTable } from '../routing/table.ts'
import { accountsOfFolder } from './account-folder.ts'
import { fromState } from './local-state.ts'
import { locateRoutes } from './routes-location.ts'
import { type Io, refuse } from './terminal.ts'

/** The table of the file that would be served: `routes` where it is given, or the built-in one. */
export function compiledRoutes(
  command: string,
  routes: string | undefined,
  remedy: string,
  io: Io,
): RoutingTable | undefined {
  const { found } = locateRoutes(routes, io)
  if (!found) return compiledText('routes.yaml', builtin, io)
  return compiledFile(command, found.file, remedy, io)
}

/** The file's table; undefined: it has errors, which are printed. */
export function compiledFile(
  command: string,
  file: string,
  remedy: string,
  io: Io,
): RoutingTable | undefined {
  const text = readRoutes(command, file, remedy, io)
  return text === undefined ? undefined : compiledText(file, text, io)
}

/** Undefined: it cannot be read, and that is printed with the remedy. */
export function readRoutes(
  command: string,
  file: string,
  remedy: string,
  io: Io,
): string | undefined {
  try {
    return io.readFile(resolve(io.cwd, file))
  } catch {
    refuse(command, `${file} cannot be read; ${remedy}`, io)
    return undefined
  }
}

/** With the models that the gateway of this user discovered, so that it is what that one serves. */
export function compileAsServed(file: string, text: string, io: Io): Result<RoutingTable> {
  const { env } = io
  const readFile = (path: string): string => io.readFile(resolve(io.cwd, path))
  const accountsIn = (folder: string) => accountsOfFolder(folder).accounts
  const services = { env, readFile, kinds, accountsIn }
  const served = fromState(io, state => {
    const discovered = createModelLists(state, Date.now).known
    return compileTable(file, text, { ...services, discovered })
  })
  return served ?? compileTable(file, text, services)
}

function compiledText(file: string, text: string, io: Io): RoutingTable | undefined {
  const compiled = compileAsServed(file, text, io)
  if (compiled.ok) return compiled.value
  for (const diagnostic of compiled.diagnostics) io.stderr(`${formatDiagnostic(diagnostic)}\n`)
  return undefined
}
