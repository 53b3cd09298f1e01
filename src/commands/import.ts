import { existsSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { importConfig } from '../config/import/index.ts'
import { writeWhole } from '../lib/write-whole.ts'
import { kinds } from '../providers/index.ts'
import { readArguments } from './arguments.ts'
import type { Io } from './io.ts'

const HELP = `usage: jackfield import FILE [--output routes.yaml] [--force]

Writes a commented routes.yaml from another tool's configuration, and says what has no equivalent:
  CLIProxyAPI          config.yaml
  claude-code-proxy    .env
  claude-code-router   config.json
  LiteLLM              config.yaml

  --output FILE   where to write (routes.yaml); - prints it
  --force         replaces a file that is there
`

const OPTIONS = {
  output: { type: 'string', short: 'o' },
  force: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

export async function run(args: readonly string[], io: Io): Promise<number> {
  const asked = readArguments(
    { name: 'import', help: HELP, options: OPTIONS, positionals: true },
    args,
    io,
  )
  if ('exit' in asked) return asked.exit
  const { values, positionals } = asked
  const [file] = positionals
  if (!file) {
    io.stderr(`jackfield import: which file?\n${HELP}`)
    return 1
  }
  let text: string
  try {
    text = io.readFile(resolve(io.cwd, file))
  } catch {
    io.stderr(`jackfield import: ${file} cannot be read; give the path of the other tool's file\n`)
    return 1
  }
  const readFile = (one: string): string => io.readFile(resolve(io.cwd, one))
  const imported = importConfig(basename(file), text, { env: io.env, readFile, kinds })
  if (!imported) {
    io.stderr(
      `jackfield import: ${file} is of no tool that is known; see "jackfield import --help"\n`,
    )
    return 1
  }
  const output = values.output ?? 'routes.yaml'
  if (output === '-') {
    io.stdout(imported.text)
    return 0
  }
  const path = resolve(io.cwd, output)
  if (existsSync(path) && !values.force) {
    io.stderr(
      `jackfield import: ${output} is there already; give another --output, or --force to replace it\n`,
    )
    return 1
  }
  try {
    writeWhole(path, imported.text)
  } catch (error) {
    io.stderr(
      `jackfield import: ${output} cannot be written (${error instanceof Error ? error.message : error})\n`,
    )
    return 1
  }
  io.stdout(`${output} is written from ${imported.from}\n`)
  for (const note of imported.notes) io.stdout(`  not taken over, or different: ${note}\n`)
  io.stdout(
    `look through it, then "jackfield check ${output}" and "jackfield --routes ${output}"\n`,
  )
  return 0
}
