/**
 * `jackfield`: argv, environment and signals. Commands are loaded when asked for, so that `serve`
 * can replace its own process before anything heavy is read.
 */

import { COMMANDS } from './cli/commands.ts'
import { applyRuntimeSettings } from './cli/runtime-settings.ts'
import { createIo } from './cli/system-terminal.ts'
import type { Io } from './cli/terminal.ts'

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
  const [topic, ...more] = rest
  if (name === 'help' && topic !== undefined && !topic.startsWith('-'))
    return runCommand(topic, ['--help', ...more], io)
  return runCommand(name, rest, io)
}

async function runCommand(name: string, args: readonly string[], io: Io): Promise<number> {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!command) {
    const { didYouMean } = await import('./lib/nearest.ts')
    const hint = didYouMean(name, Object.keys(COMMANDS)) ?? 'jackfield --help lists them'
    io.stderr(`jackfield: there is no command "${name}"; ${hint}\n`)
    return 1
  }
  await applyRuntimeSettings(name === 'serve')
  const { run } = await command.load()
  return run(args, io)
}

process.exitCode = await main(process.argv.slice(2), createIo())
