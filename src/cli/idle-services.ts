import { createServices } from '../app/services.ts'
import { memoryStorage } from '../app/storage.ts'
import type { Services } from '../exchange/services.ts'
import { after } from '../lib/timer.ts'
import type { StateStore } from '../store/state.ts'
import type { Io } from './terminal.ts'

/**
 * Services of a gateway that is only looked at: it asks no upstream and logs nothing. It stores
 * nothing either, unless it is given `state`, which the caller closes.
 */
export function idleServices({ env, readFile }: Io, state?: StateStore): Services {
  const now = Date.now
  const memory = memoryStorage(now)
  return createServices({
    now,
    random: () => 0,
    after,
    fetch: Object.assign(() => Promise.reject(new Error('nothing is sent')), { preconnect() {} }),
    env,
    readFile,
    write() {},
    peerOf: () => undefined,
    storage: () => ({ ...memory, state: state ?? memory.state }),
  }).services
}
