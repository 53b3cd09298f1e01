import { version } from '../../version.ts'
import { HELP_ONLY, readArguments } from '../arguments.ts'
import type { Io } from '../terminal.ts'

const HELP = `usage: jackfield version

Prints the version, that of Bun, and the platform.
`

export async function run(args: readonly string[], io: Io): Promise<number> {
  const asked = readArguments({ name: 'version', help: HELP, options: HELP_ONLY }, args, io)
  if ('exit' in asked) return asked.exit
  io.stdout(`jackfield ${version} (Bun ${Bun.version}, ${process.platform}-${process.arch})\n`)
  return 0
}
