/**
 * `jackfield`: argv, environment and signals. Commands are loaded when asked for, so that `serve`
 * can replace its own process before anything heavy is read.
 */

import { raiseFetchLimit } from './commands/fetch-limit.ts'
import type { Command } from './commands/io.ts'
import { createIo } from './commands/system.ts'

const COMMANDS: Record<string, () => Promise<{ run: Command }>> = {
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

async function main(argv: readonly string[]): Promise<number> {
  const [first, ...rest] = argv
  if (first === '--version' || first === '-v')
    return (await import('./commands/version.ts')).run([], createIo())
  if (first === '--help' || first === '-h')
    return (await import('./commands/help.ts')).run([], createIo())
  const serving = first === undefined || first.startsWith('-')
  const name = serving ? 'serve' : first
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!load) {
    createIo().stderr(`jackfield: there is no command "${name}"; jackfield --help lists them\n`)
    return 1
  }
  if (name === 'serve') await raiseFetchLimit()
  const { run } = await load()
  return run(serving ? [...argv] : rest, createIo())
}

process.exitCode = await main(process.argv.slice(2))
