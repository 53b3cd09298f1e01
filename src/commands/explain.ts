import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import builtin from '../../routes.yaml' with { type: 'text' }
import { compileTable, explain, explanationText, formatDiagnostic } from '../config/index.ts'
import { kinds } from '../providers/index.ts'
import type { Io } from './io.ts'

const HELP = `usage: jackfield explain NAME [--routes FILE] [--json]

Prints how a model name resolves, rule by rule, with the line of each, who would be tried in which
order, and why others are passed over. Exit code 1 when the name leads nowhere.

(Conditions such as --client belong to "when", which this version does not support yet.)
`

export async function run(args: readonly string[], io: Io): Promise<number> {
  let values: {
    routes?: string | undefined
    json?: boolean | undefined
    help?: boolean | undefined
  }
  let positionals: string[]
  try {
    const parsed = parseArgs({
      args: [...args],
      options: {
        routes: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
      allowPositionals: true,
    })
    values = parsed.values
    positionals = parsed.positionals
  } catch (error) {
    io.stderr(`jackfield explain: ${error instanceof Error ? error.message : error}\n${HELP}`)
    return 1
  }
  if (values.help) {
    io.stdout(HELP)
    return 0
  }
  const [name] = positionals
  if (!name) {
    io.stderr(`jackfield explain: which name?\n${HELP}`)
    return 1
  }
  const file = values.routes ?? 'routes.yaml'
  const path = resolve(io.cwd, file)
  let text: string = builtin
  if (values.routes !== undefined || existsSync(path)) {
    try {
      text = io.readFile(path)
    } catch {
      io.stderr(`jackfield explain: ${file} cannot be read; give another --routes\n`)
      return 1
    }
  }
  const compiled = compileTable(file, text, {
    env: io.env,
    readFile: one => io.readFile(resolve(io.cwd, one)),
    kinds,
  })
  if (!compiled.ok) {
    for (const diagnostic of compiled.diagnostics) io.stderr(`${formatDiagnostic(diagnostic)}\n`)
    return 1
  }
  const explanation = explain(compiled.value, name)
  io.stdout(
    values.json ? `${JSON.stringify(explanation, null, 2)}\n` : explanationText(file, explanation),
  )
  return explanation.found ? 0 : 1
}
