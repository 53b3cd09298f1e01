/**
 * `jackfield`: argv, environment and signals. Commands are loaded when asked for, so that `serve`
 * can replace its own process before anything heavy is read.
 */

import { applyRuntimeSettings } from './cli/runtime-settings.ts'
import { createIo } from './cli/system-terminal.ts'
import type { Command, Io } from './cli/terminal.ts'

type Load = () => Promise<{ run: Command }>

const COMMANDS: Record<string, Load> = {
  serve: () => import('./cli/commands/serve.ts'),
  check: () => import('./cli/commands/check.ts'),
  explain: () => import('./cli/commands/explain.ts'),
  schema: () => import('./cli/commands/schema.ts'),
  init: () => import('./cli/commands/init.ts'),
  import: () => import('./cli/commands/import.ts'),
  usage: () => import('./cli/commands/usage.ts'),
  plan: () => import('./cli/commands/plan.ts'),
  routes: () => import('./cli/commands/routes.ts'),
  key: () => import('./cli/commands/key.ts'),
  version: () => import('./cli/commands/version.ts'),
  help: () => import('./cli/commands/help.ts'),
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
    const { didYouMean } = await import('./lib/nearest.ts')
    const hint = didYouMean(name, Object.keys(COMMANDS)) ?? 'jackfield --help lists them'
    io.stderr(`jackfield: there is no command "${name}"; ${hint}\n`)
    return 1
  }
  await applyRuntimeSettings(name === 'serve')
  const { run } = await load()
  return run(args, io)
}

process.exitCode = await main(process.argv.slice(2), createIo())
