import { jsonSchema } from '../../config/index.ts'
import { HELP_ONLY, readArguments } from '../arguments.ts'
import type { Io } from '../terminal.ts'

const HELP = `usage: jackfield schema

Prints the JSON Schema of routes.yaml; a running gateway serves it at /routes.schema.json.
`

export async function run(args: readonly string[], io: Io): Promise<number> {
  const asked = readArguments({ name: 'schema', help: HELP, options: HELP_ONLY }, args, io)
  if ('exit' in asked) return asked.exit
  io.stdout(`${JSON.stringify(jsonSchema(), null, 2)}\n`)
  return 0
}
