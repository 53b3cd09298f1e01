/**
 * `jackfield`: argv, environment and signals. Commands are loaded when asked for, so that `serve`
 * can replace its own process before anything heavy is read.
 */

import type { Command, Io } from './commands/io.ts'
import { applyRuntimeSettings } from './commands/runtime-settings.ts'
import { createIo } from './commands/system.ts'

type Load = () => Promise<{ run: Command }>

const COMMANDS: Record<string, Load> = {
  serve: () => import('./commands/serve.ts'),
  check: () => import('./commands/check.ts'),
  explain: () => import('./commands/explain.ts'),
  schema: () => import('./commands/schema.ts'),
  init: () => import('./commands/init.ts'),
  import: () => import('./commands/import.ts'),
  usage: () => import('./commands/usage.ts'),
  plan: () => import('./commands/plan.ts'),
  key: () => import('./commands/key.ts'),
  version: () => import('./commands/version.ts'),
  help: () => import('./commands/help.ts'),
}

/** Options that mean a command, as other programs have them. */
const AS_OPTIONS: Record<string, string> = {
  '--version': 'version',
  '-v': 'version',
  '--help': 'help',
  '-h': 'help',
}

async function main(argv: readonly string[], io: Io): Promise<number> {
  const [first = 'serve', ...rest] = argv
  const name = AS_OPTIONS[first] ?? first
  // `jackfield --port 1` is `jackfield serve --port 1`.
  if (name.startsWith('-')) return runCommand('serve', argv, io)
  const [of, ...more] = rest
  if (name === 'help' && of !== undefined && !of.startsWith('-'))
    return runCommand(of, ['--help', ...more], io)
  return runCommand(name, rest, io)
}

async function runCommand(name: string, args: readonly string[], io: Io): Promise<number> {
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!load) {
    const { didYouMean } = await import('./config/nearest.ts')
    const hint = didYouMean(name, Object.keys(COMMANDS)) ?? 'jackfield --help lists them'
    io.stderr(`jackfield: there is no command "${name}"; ${hint}\n`)
    return 1
  }
  await applyRuntimeSettings(name === 'serve')
  const { run } = await load()
  return run(args, io)
}

process.exitCode = await main(process.argv.slice(2), createIo())
