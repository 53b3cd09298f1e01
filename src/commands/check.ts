import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Diagnostic, formatDiagnostic } from '../config/index.ts'
import { compileAsServed } from './compiled-file.ts'
import type { Io } from './io.ts'

const HELP = `usage: jackfield check [FILE]

Says everything that is wrong with FILE (default ./routes.yaml), and runs its tests.
Exit code 1 on errors, 0 with warnings only.
`

export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
    strict: false,
  })
  if (values.help) {
    io.stdout(HELP)
    return 0
  }
  const file = positionals[0] ?? 'routes.yaml'
  let text: string
  try {
    text = io.readFile(resolve(io.cwd, file))
  } catch {
    io.stderr(
      `jackfield check: ${file} cannot be read; "jackfield init ${file}" writes one to start from\n`,
    )
    return 1
  }
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
}

function print(title: string, diagnostics: readonly Diagnostic[], io: Io): void {
  if (diagnostics.length === 0) return
  io.stdout(`${title}:\n`)
  for (const diagnostic of diagnostics) io.stdout(`  ${formatDiagnostic(diagnostic)}\n`)
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}
