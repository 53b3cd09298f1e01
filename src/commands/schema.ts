import { jsonSchema } from '../config/index.ts'
import type { Io } from './io.ts'

export async function run(args: readonly string[], io: Io): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    io.stdout(
      'usage: jackfield schema\n\nPrints the JSON Schema of routes.yaml; a running gateway serves it at /routes.schema.json.\n',
    )
    return 0
  }
  io.stdout(`${JSON.stringify(jsonSchema(), null, 2)}\n`)
  return 0
}
