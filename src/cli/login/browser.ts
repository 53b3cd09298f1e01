import { spawn } from 'node:child_process'
import { hostname, userInfo } from 'node:os'
import type { Io } from '../terminal.ts'

type Env = Io['env']

/** Whether a window on this machine can be opened and seen by the user. */
export function hasBrowser(env: Env, platform: NodeJS.Platform = process.platform): boolean {
  if (env.BROWSER) return true
  if (env.SSH_CONNECTION || env.SSH_TTY) return false
  if (platform === 'darwin' || platform === 'win32') return true
  return Boolean(env.DISPLAY || env.WAYLAND_DISPLAY)
}

/** Opens a link; `failed` is called where that does not work. The process does not wait for it. */
export function openBrowser(url: string, env: Env, failed: () => void): void {
  const [command, ...args] = openerOf(env, process.platform)
  const child = spawn(command, [...args, url], { stdio: 'ignore', detached: true, env })
  child.once('error', failed)
  child.once('exit', code => code !== 0 && failed())
  child.unref()
}

/** No shell is involved: a link holds `&`. */
export function openerOf(env: Env, platform: NodeJS.Platform): [string, ...string[]] {
  if (env.BROWSER) return [env.BROWSER]
  if (platform === 'darwin') return ['open']
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler']
  return ['xdg-open']
}

/** What makes this machine's callback port reachable from where the user's browser is. */
export function tunnelCommand(port: number, env: Env): string {
  // The address by which the user came here is one that works for that machine.
  const [, , address] = (env.SSH_CONNECTION ?? '').split(' ')
  return `ssh -L ${port}:127.0.0.1:${port} ${userInfo().username}@${address || hostname()}`
}
