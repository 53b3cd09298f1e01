import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { type Imported, type ImportServices, importConfig } from '../../import/index.ts'
import { writeAtomically } from '../../lib/files/atomic-write.ts'
import { newKey } from '../../lib/key-hash.ts'
import { codeOf, reasonOf } from '../../lib/thrown.ts'
import { kinds } from '../../providers/index.ts'
import { backUp } from '../../store/documents/backups.ts'
import { accountsOfFolder } from '../account-folder.ts'
import { command } from '../arguments.ts'
import { type Io, refuse } from '../terminal.ts'

const HELP = `usage: jackfield import FILE [--output routes.yaml] [--force]

Writes a commented routes.yaml from another tool's configuration, and says what has no equivalent:
  CLIProxyAPI          config.yaml, and the accounts in its auth-dir
  claude-code-proxy    .env
  claude-code-router   config.json
  LiteLLM              config.yaml
The other tool's files stay as they are. Keys are written into the new file, which only you can read.

  --output FILE   where to write (routes.yaml); - prints it, with the keys
  --force         replaces a file that is there, and keeps it under a name with the date
`

const OPTIONS = {
  output: { type: 'string', short: 'o' },
  force: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

const USAGE = {
  name: 'import',
  help: HELP,
  options: OPTIONS,
  argument: 'file',
  required: true,
} as const

export const run = command(USAGE, ({ values, positionals }, io) => {
  const [file = ''] = positionals
  const source = sourceIn(file, io)
  if ('problem' in source) return refuse('import', `${file} ${source.problem}`, io)
  const imported = importConfig(basename(file), source.text, servicesFor(file, io))
  if (!imported.ok) return refuse('import', `${file}: ${imported.problem}`, io)
  const output = values.output ?? 'routes.yaml'
  if (output === '-') {
    io.stdout(imported.text)
    io.stderr(notesText(imported))
    return 0
  }
  const target = targetAt(output, values.force === true, io)
  if ('problem' in target) return refuse('import', `${output} ${target.problem}`, io)
  let kept: string | undefined
  try {
    if (target.isThere) kept = backUp(target.path, readFileSync(target.path, 'utf8'), Date.now())
    writeAtomically(target.path, imported.text)
  } catch (error) {
    return refuse(
      'import',
      `${output} cannot be written (${reasonOf(error)}); give another --output`,
      io,
    )
  }
  io.stdout(`${output} is written from ${imported.from}: ${counted(imported)}\n`)
  if (kept) io.stdout(`what was there is kept as ${join(dirname(output), basename(kept))}\n`)
  io.stdout(notesText(imported))
  io.stdout(
    `look through it, then "jackfield check ${output}" and "jackfield --routes ${output}"\n`,
  )
  return 0
})

type Problem = { problem: string }

function sourceIn(file: string, io: Io): { text: string } | Problem {
  const path = resolve(io.cwd, file)
  try {
    return { text: io.readFile(path) }
  } catch (error) {
    switch (codeOf(error)) {
      case 'ENOENT':
        return { problem: 'is not there; give the path of the other tool’s file' }
      case 'EISDIR':
        return { problem: `is a folder; ${within(file, path)}` }
      case 'EACCES':
        return { problem: 'may not be read by this user; ask for it, or become its owner' }
      default:
        return { problem: `cannot be read (${reasonOf(error)})` }
    }
  }
}

/** What in a folder may be meant. */
function within(file: string, path: string): string {
  const found = ['config.yaml', 'config.json', '.env'].filter(name => existsSync(join(path, name)))
  const [first] = found
  return first ? `did you mean ${join(file, first)}?` : 'give the path of the other tool’s file'
}

function servicesFor(file: string, io: Io): ImportServices {
  return {
    env: io.env,
    readFile: path => io.readFile(resolve(io.cwd, path)),
    kinds,
    accountsIn: folder => accountsOfFolder(folder).accounts,
    folders: [dirname(resolve(io.cwd, file)), io.cwd],
    home: io.env.HOME ?? homedir(),
    newKey,
    filesIn: folder => readdirSync(resolve(io.cwd, folder), { recursive: true, encoding: 'utf8' }),
  }
}

function targetAt(
  output: string,
  force: boolean,
  io: Io,
): { path: string; isThere: boolean } | Problem {
  const path = resolve(io.cwd, output)
  if (!existsSync(path)) return { path, isThere: false }
  if (statSync(path).isDirectory()) return { problem: 'is a folder; give a file with --output' }
  if (!force)
    return { problem: 'is there already; give another --output, or --force to replace it' }
  return { path, isThere: true }
}

type Success = Extract<Imported, { ok: true }>

function counted({ providers }: Success): string {
  if (providers === 0) return 'no provider; add one with a key, or no model can answer'
  return `${providers} ${providers === 1 ? 'provider' : 'providers'}`
}

function notesText({ notes }: Success): string {
  const list = (title: string, loses: boolean): string => {
    const lines = notes
      .filter(note => note.loses === loses)
      .map(({ about, text }) => `  ${about}: ${text}\n`)
    return lines.length > 0 ? `\n${title}:\n${lines.join('')}` : ''
  }
  const text = `${list('not taken over, or different here', true)}${list('nothing to do about', false)}`
  return text && `${text}\n`
}
