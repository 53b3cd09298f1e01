import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import builtin from '../../routes.yaml' with { type: 'text' }
import { compileTable, formatDiagnostic, isClient } from '../config/index.ts'
import { type AskedBefore, planChanges } from '../config/plan.ts'
import type { RoutingTable } from '../config/table.ts'
import { kinds } from '../providers/index.ts'
import { createKept } from '../store/kept.ts'
import type { Io } from './io.ts'

const HELP = `usage: jackfield plan NEW.yaml [--routes FILE] [--json]

Says in words what would change with NEW.yaml in force instead of FILE (./routes.yaml): which names
lead elsewhere, for whom, which lead nowhere any more, which providers come and go. The names that
were asked for lately are tried with both. Nothing is changed. Exit code 1 when NEW.yaml has errors.
`

const OPTIONS = {
  routes: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

export async function run(args: readonly string[], io: Io): Promise<number> {
  const asked = parsed(args, io)
  if (!asked) return 1
  const { values, positionals } = asked
  if (values.help) {
    io.stdout(HELP)
    return 0
  }
  const [file] = positionals
  if (!file) {
    io.stderr(`jackfield plan: which file?\n${HELP}`)
    return 1
  }
  const current = values.routes ?? 'routes.yaml'
  const builtIn = values.routes === undefined && !existsSync(resolve(io.cwd, current))
  const now = compiledFrom(current, builtIn ? builtin : undefined, io)
  const next = compiledFrom(file, undefined, io)
  if (!now || !next) return 1
  const changes = planChanges(now, next, askedLately(io))
  if (values.json) {
    io.stdout(`${JSON.stringify(changes, null, 2)}\n`)
    return 0
  }
  for (const { text } of changes) io.stdout(`${text}\n`)
  const gone = changes.filter(({ kind }) => kind === 'gone').length
  const moved = changes.filter(({ kind }) => kind === 'moves').length
  io.stdout(
    changes.length === 0
      ? 'nothing would change for anybody\n'
      : `${moved} lead elsewhere, ${gone} lead nowhere any more, ${changes.length} changes in all\n`,
  )
  return 0
}

function parsed(args: readonly string[], io: Io) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })
  } catch (error) {
    io.stderr(`jackfield plan: ${error instanceof Error ? error.message : error}\n${HELP}`)
    return undefined
  }
}

function compiledFrom(file: string, given: string | undefined, io: Io): RoutingTable | undefined {
  let text = given
  try {
    text ??= io.readFile(resolve(io.cwd, file))
  } catch {
    io.stderr(`jackfield plan: ${file} cannot be read; give the path of a routes.yaml\n`)
    return undefined
  }
  const compiled = compileTable(file, text, {
    env: io.env,
    readFile: one => io.readFile(resolve(io.cwd, one)),
    kinds,
  })
  if (compiled.ok) return compiled.value
  for (const diagnostic of compiled.diagnostics) io.stderr(`${formatDiagnostic(diagnostic)}\n`)
  return undefined
}

/** What the gateway of this user was asked for, as it keeps it. */
function askedLately(io: Io): AskedBefore[] {
  const folder = io.env.JACKFIELD_HOME?.trim() || join(homedir(), '.jackfield')
  if (!existsSync(join(folder, 'kept.sqlite'))) return []
  const kept = createKept({ folder, now: Date.now, warn: message => io.stderr(`${message}\n`) })
  const asked = kept.list('asked', '').flatMap(entry => {
    const [model = '', key = '', client = ''] = entry.split('\t')
    return isClient(client) ? [{ model, key, client }] : []
  })
  kept.close()
  return asked
}
