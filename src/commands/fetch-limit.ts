/** Requests to upstreams that may run at once; Bun's own limit of 256 would queue stream 257. */
const LIMIT = '65336'
const NAME = 'BUN_CONFIG_MAX_HTTP_REQUESTS'

/**
 * Bun reads the limit when a process begins, so the process replaces itself by itself (same PID).
 * Where that is not possible a child does the work and its exit code is ours.
 */
export async function raiseFetchLimit(): Promise<void> {
  if (process.env[NAME] !== undefined) return
  const argv = Bun.isStandaloneExecutable
    ? [process.execPath, ...process.argv.slice(2)]
    : [process.execPath, ...process.execArgv, ...process.argv.slice(1)]
  const env = { ...process.env, [NAME]: LIMIT }
  if (process.platform !== 'win32' && typeof process.execve === 'function') {
    process.execve(process.execPath, argv, env)
  }
  const child = Bun.spawn(argv, { env, stdio: ['inherit', 'inherit', 'inherit'] })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => child.kill(signal))
  }
  process.exit(await child.exited)
}
