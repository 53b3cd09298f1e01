import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import builtin from '../../../routes.yaml' with { type: 'text' }
import { writeAtomically } from '../../lib/files/atomic-write.ts'
import { reasonOf } from '../../lib/thrown.ts'
import { command, HELP_ONLY } from '../arguments.ts'
import { refuse } from '../terminal.ts'

const HELP = `usage: jackfield init [FILE] [--force]

Writes a commented routes.yaml (default ./routes.yaml) to start from. An existing file is kept
unless --force is given.
`

const OPTIONS = { ...HELP_ONLY, force: { type: 'boolean' } } as const

const USAGE = { name: 'init', help: HELP, options: OPTIONS, argument: 'file' } as const

export const run = command(USAGE, ({ values, positionals }, io) => {
  const [file = 'routes.yaml'] = positionals
  const path = resolve(io.cwd, file)
  if (existsSync(path) && !values.force)
    return refuse(
      'init',
      `${file} is there already; give another name, or --force to replace it`,
      io,
    )
  try {
    writeAtomically(path, builtin)
  } catch (error) {
    return refuse('init', `${file} cannot be written (${reasonOf(error)})`, io)
  }
  io.stdout(
    `${file} is written; edit it, try it with "jackfield check ${file}", start with "jackfield --routes ${file}"\n`,
  )
  return 0
})
