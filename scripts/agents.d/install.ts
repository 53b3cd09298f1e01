/** Agents are installed outside the project, once for each version. */
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Agent } from './agents.ts'

const cache =
  process.env.JACKFIELD_AGENTS_DIR ??
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'jackfield-agents')

/** The package's `.bin`; undefined when it cannot be had. */
export async function install(packaged: string): Promise<string | undefined> {
  const folder = join(cache, packaged.replace(/[^\w.-]/g, '_'))
  const bin = join(folder, 'node_modules/.bin')
  if (existsSync(join(folder, 'installed'))) return bin
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{"private":true}')
  const child = Bun.spawn(
    ['npm', 'install', '--no-audit', '--no-fund', '--loglevel=error', packaged],
    { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] },
  )
  if ((await child.exited) !== 0) return undefined
  writeFileSync(join(folder, 'installed'), '')
  return bin
}

/** The agents need a newer Node than many machines have. */
export async function installNode(): Promise<string | undefined> {
  const bin = await install('node@24')
  return bin && join(bin, 'node')
}

export async function installAgent(agent: Agent): Promise<string | undefined> {
  const bin = await install(agent.package)
  // Modules are found from where the importing file is.
  if (bin && agent.script)
    copyFileSync(join(import.meta.dir, 'sdk', agent.script), join(bin, '../..', agent.script))
  return bin
}
