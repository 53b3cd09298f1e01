import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import builtin from '../../../routes.yaml' with { type: 'text' }
import { writeAtomically } from '../../lib/files/atomic-write.ts'
import { reasonOf } from '../../lib/thrown.ts'
import { HELP_ONLY, readArguments } from '../arguments.ts'
import type { Io } from '../terminal.ts'

const HELP = `usage: jackfield init [FILE] [--force]

Writes a commented routes.yaml (default ./routes.yaml) to start from. An existing file is kept
unless --force is given.
`

const OPTIONS = { ...HELP_ONLY, force: { type: 'boolean' } } as const

export async function run(args: readonly string[], io: Io): Promise<number> {
  const asked = readArguments(
    { name: 'init', help: HELP, options: OPTIONS, argument: 'file' },
    args,
    io,
  )
  if ('exit' in asked) return asked.exit
  const { force } = asked.values
  const [file = 'routes.yaml'] = asked.positionals
  const path = resolve(io.cwd, file)
  if (existsSync(path) && !force) {
    io.stderr(
      `jackfield init: ${file} is there already; give another name, or --force to replace it\n`,
    )
    return 1
  }
  try {
    writeAtomically(path, builtin)
  } catch (error) {
    io.stderr(`jackfield init: ${file} cannot be written (${reasonOf(error)})\n`)
    return 1
  }
  io.stdout(
    `${file} is written; edit it, try it with "jackfield check ${file}", start with "jackfield --routes ${file}"\n`,
  )
  return 0
}
