/** Requests to upstreams that may run at once; Bun's own limit of 256 would queue stream 257. */
const FETCH_LIMIT = { BUN_CONFIG_MAX_HTTP_REQUESTS: '65336' }

/**
 * Variables that Bun reads for itself and that are not for a gateway: options and code that are run
 * before ours, a debugger, and requests printed with their keys. `BUN_BE_BUN` makes the binary Bun
 * itself, so that this is never reached; a process that we start must not have it either.
 */
const DROPPED = [
  'BUN_OPTIONS',
  'BUN_BE_BUN',
  'BUN_CONFIG_VERBOSE_FETCH',
  'BUN_INSPECT',
  'BUN_INSPECT_CONNECT_TO',
  'BUN_INSPECT_NOTIFY',
  'BUN_INSPECT_PRELOAD',
]

type Env = Record<string, string | undefined>

/** The environment that a process should have begun with; undefined: it has it. */
export function wantedEnv(env: Env, serving: boolean): Env | undefined {
  const wanted: Env = { ...(serving ? FETCH_LIMIT : {}), ...env }
  for (const name of DROPPED) delete wanted[name]
  const same = Object.keys(wanted).length === Object.keys(env).length
  return same && Object.keys(wanted).every(name => name in env) ? undefined : wanted
}

/**
 * Bun reads its settings when a process begins, so the process replaces itself by itself (same PID)
 * where they are not as wanted. Where that is not possible a child does the work and its exit code
 * is ours.
 */
export async function applyRuntimeSettings(serving: boolean): Promise<void> {
  const env = wantedEnv(process.env, serving)
  if (!env) return
  const argv = Bun.isStandaloneExecutable
    ? [process.execPath, ...process.argv.slice(2)]
    : [process.execPath, ...process.execArgv, ...process.argv.slice(1)]
  if (process.platform !== 'win32' && typeof process.execve === 'function') {
    process.execve(process.execPath, argv, env)
  }
  const child = Bun.spawn(argv, { env, stdio: ['inherit', 'inherit', 'inherit'] })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) {
    process.on(signal, () => child.kill(signal))
  }
  process.exit(await child.exited)
}
