import { version } from '../../version.ts'
import { command, HELP_ONLY } from '../arguments.ts'

const HELP = `usage: jackfield version

Prints the version, that of Bun, and the platform.
`

const USAGE = { name: 'version', help: HELP, options: HELP_ONLY } as const

export const run = command(USAGE, (_, io) => {
  io.stdout(`jackfield ${version} (Bun ${Bun.version}, ${process.platform}-${process.arch})\n`)
  return 0
})
