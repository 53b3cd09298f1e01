import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dir, '../..')

/** The built binary where `scripts/test` gives one, else the sources. */
export const command = process.env.JACKFIELD_BINARY
  ? [process.env.JACKFIELD_BINARY]
  : [process.execPath, join(root, 'src/main.ts')]

export type Running = {
  url: string
  routes: string
  folder: string
  pid: number
  write(routes: string): void
  output(): string
  signal(name: NodeJS.Signals): void
  /** SIGTERM; gives the exit code. */
  stop(): Promise<number>
  exited: Promise<number>
  /** Waits until the output holds the text. */
  said(text: string): Promise<void>
}

/** Only what the test gives: no key of this machine reaches the gateway. */
export function cleanEnv(env: Record<string, string> = {}): Record<string, string> {
  return { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? tmpdir(), ...env }
}

/**
 * A gateway of its own, in a folder of its own, on a free port. `builtin`: without a file. `cwd`: in
 * that folder, with what is there.
 */
export async function start(
  routes: string,
  options: { args?: string[]; env?: Record<string, string>; builtin?: boolean; cwd?: string } = {},
): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'jackfield-'))
  const file = join(folder, 'routes.yaml')
  const unnamed = options.builtin || options.cwd !== undefined
  if (!unnamed) writeFileSync(file, routes)
  const from = unnamed ? [] : ['--routes', file]
  const child = Bun.spawn([...command, 'serve', ...from, '--port', '0', ...(options.args ?? [])], {
    cwd: options.cwd ?? folder,
    // What one gateway learned at some port must not be known to the next one there.
    env: cleanEnv({
      JACKFIELD_HOME: join(folder, 'home'),
      XDG_CONFIG_HOME: join(folder, 'config'),
      ...options.env,
    }),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let told = ''
  const waiting = new Set<() => void>()
  const ended = (async () => {
    const decoder = new TextDecoder()
    for await (const chunk of child.stderr) {
      told += decoder.decode(chunk, { stream: true })
      for (const look of waiting) look()
    }
    for (const look of waiting) look()
  })()
  let over = false
  void ended.then(() => {
    over = true
    for (const look of waiting) look()
  })
  const said = (text: string | RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = typeof text === 'string' ? told.includes(text) : text.test(told)
        if (!found && !over) return
        waiting.delete(look)
        if (found) resolve()
        else reject(new Error(`the gateway ended without saying ${text}:\n${told}`))
      }
      waiting.add(look)
      look()
    })
  await said(/listens on http\S+ /)
  const url = /listens on (http\S+)/.exec(told)?.[1] ?? ''
  const exited = child.exited.then(code => {
    rmSync(folder, { recursive: true, force: true })
    return code
  })
  return {
    url,
    routes: file,
    folder,
    pid: child.pid,
    write: text => writeFileSync(file, text),
    output: () => told,
    signal: name => child.kill(name),
    stop() {
      child.kill('SIGTERM')
      return exited
    },
    exited,
    said,
  }
}

/** Runs a command to its end. */
export async function runCommand(
  args: string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
) {
  const child = Bun.spawn([...command, ...args], {
    cwd: options.cwd ?? root,
    env: cleanEnv(options.env),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  return { stdout, stderr, code }
}
