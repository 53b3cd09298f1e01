import { jsonSchema } from '../../config/index.ts'
import { command, HELP_ONLY } from '../arguments.ts'

const HELP = `usage: jackfield schema

Prints the JSON Schema of routes.yaml; a running gateway serves it at /routes.schema.json.
`

const USAGE = { name: 'schema', help: HELP, options: HELP_ONLY } as const

export const run = command(USAGE, (_, io) => {
  io.stdout(`${JSON.stringify(jsonSchema(), null, 2)}\n`)
  return 0
})
