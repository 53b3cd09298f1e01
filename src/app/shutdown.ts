import type { Services } from '../exchange/services.ts'
import type { Live } from '../gateway/live.ts'
import type { Listener } from '../http/listener.ts'

/** Lets running exchanges finish within the grace period, cuts what is left, and writes everything out. */
export async function shutdown(
  { live, services }: { live: Live<unknown>; services: Services },
  listener: Listener,
): Promise<void> {
  const { log } = services
  const graceMs = live.current.gateway.table.server.shutdownGraceMs
  const drained = listener.drain().then(() => true)
  const late = new Promise<boolean>(resolve => setTimeout(() => resolve(false), graceMs).unref())
  if (!(await Promise.race([drained, late]))) {
    log.write('warn', 'the grace period is over; cutting what still runs')
    await listener.cut()
  }
  await settle(services)
}

/** Resolves when everything that exchanges left to do is done and written. Never rejects. */
export async function settle({
  accounts,
  background,
  recorder,
  ledger,
  log,
}: Services): Promise<void> {
  await background.settled()
  await Promise.all([accounts.settled(), recorder.settled(), ledger.flush()])
  log.flush()
}
