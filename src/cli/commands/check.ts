import { type Diagnostic, formatDiagnostic } from '../../config/index.ts'
import { command, HELP_ONLY } from '../arguments.ts'
import { compileAsServed, readRoutes } from '../load-routes.ts'
import { defaultRoutes } from '../routes-location.ts'
import type { Io } from '../terminal.ts'

const HELP = `usage: jackfield check [FILE]

Says everything that is wrong with FILE (default: the one that would be served), and runs its tests.
Exit code 1 on errors, 0 with warnings only.
`

const USAGE = { name: 'check', help: HELP, options: HELP_ONLY, argument: 'file' } as const

export const run = command(USAGE, ({ positionals }, io) => {
  const file = positionals[0] ?? defaultRoutes(io)
  const text = readRoutes('check', file, `"jackfield init ${file}" writes one to start from`, io)
  if (text === undefined) return 1
  const compiled = compileAsServed(file, text, io)
  const all = compiled.ok ? compiled.warnings : compiled.diagnostics
  const errors = all.filter(({ severity }) => severity === 'error')
  const warnings = all.filter(({ severity }) => severity === 'warning')
  print('errors', errors, io)
  print('warnings', warnings, io)
  if (!compiled.ok) {
    io.stdout(`${file}: ${count(errors.length, 'error')}, ${count(warnings.length, 'warning')}\n`)
    return 1
  }
  const { listed, providers } = compiled.value
  io.stdout(
    `${file} is good: ${count(listed.length, 'model')}, ${count(providers.size, 'provider')}, ${count(warnings.length, 'warning')}\n`,
  )
  return 0
})

function print(title: string, diagnostics: readonly Diagnostic[], io: Io): void {
  if (diagnostics.length === 0) return
  io.stdout(`${title}:\n`)
  for (const diagnostic of diagnostics) io.stdout(`  ${formatDiagnostic(diagnostic)}\n`)
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}
