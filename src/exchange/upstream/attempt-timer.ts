import type { Target } from '../../routing/table.ts'
import type { Exchange } from '../context.ts'
import { totalDueAtMs } from '../request.ts'
import type { Watch } from './timers.ts'

/** Which timer runs, and which one fired. */
export type AttemptWatch = Watch & {
  stage: 'first-byte' | 'idle' | 'total' | 'client'
  fired: boolean
}

export type Timed = { target: Target; watch: AttemptWatch }

/** It is sent once more: the upstream has as long to reply as it had before. */
export function waitForReply(exchange: Exchange, { target, watch }: Timed): void {
  if (watch.fired) return
  watch.dueAtMs = exchange.gateway.services.now() + target.timeouts.firstByteMs
  watch.stage = 'first-byte'
  withinTotal(exchange, target, watch)
}

/** Puts back a timer that ran before, where that one is due later. */
export function waitAtLeast(
  { watch }: Timed,
  before: Pick<AttemptWatch, 'dueAtMs' | 'stage'>,
): void {
  if (watch.fired || before.dueAtMs <= watch.dueAtMs) return
  watch.dueAtMs = before.dueAtMs
  watch.stage = before.stage
}

/** Whatever is waited for, `timeout.total` holds. */
export function withinTotal(exchange: Exchange, target: Target, watch: AttemptWatch): void {
  const total = totalDueAtMs(exchange, target)
  if (total >= watch.dueAtMs) return
  watch.dueAtMs = total
  watch.stage = 'total'
}
