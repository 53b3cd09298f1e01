import type { Log } from '../lib/log.ts'

/** Let running requests finish. A terminal sends QUIT for Ctrl-\, some supervisors send it to stop. */
const STOPPING = ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const
/** End a process that does not know them, in the middle of what it writes. They mean nothing here. */
const IGNORED = ['SIGUSR1', 'SIGUSR2'] as const

/** Resolves with the first signal to stop. */
export function stopSignal(): Promise<void> {
  return new Promise(resolve => {
    for (const signal of STOPPING) process.once(signal, () => resolve())
  })
}

/** From now on a signal to stop ends the process at once, with what was logged written out. */
export function endOnSignal(log: Log): void {
  for (const signal of STOPPING)
    process.on(signal, () => {
      log.flush()
      process.exit(130)
    })
}

/** Signals that other programs use to reopen logs and the like change nothing. */
export function ignoreOthers(log: Log): void {
  for (const signal of IGNORED)
    process.on(signal, () =>
      log.write('info', `${signal} means nothing here; SIGHUP reloads, SIGTERM stops`),
    )
}

/** A fault that is caught nowhere is logged, and the gateway goes on serving. */
export function logFaults(log: Log): void {
  process.on('unhandledRejection', reason =>
    log.write('error', 'unhandled rejection', { reason: String(reason) }),
  )
  process.on('uncaughtException', error =>
    log.write('error', 'uncaught exception', { reason: String(error) }),
  )
}
