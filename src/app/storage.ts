import { join } from 'node:path'
import { createRecordFolder, type RecordFolder } from '../store/record-folder.ts'
import { createStateStore } from '../store/state/local.ts'
import { createMemoryState } from '../store/state/memory.ts'
import type { StateStore } from '../store/state.ts'
import { createMemoryUsageStore, createUsageStore, type UsageStore } from '../store/usage.ts'

/** Where a gateway's state lives. Nothing is opened or made before it is needed. */
export type Storage = {
  state: StateStore
  usage: UsageStore
  /** The exchanges that `logging.requests` has written down. */
  records: RecordFolder
}

/** In a folder of this user: `kept.sqlite`, `usage.sqlite`, `logs/requests`. */
export function folderStorage(
  folder: string,
  now: () => number,
  warn: (message: string) => void,
): Storage {
  return {
    state: createStateStore({ folder, now, warn }),
    usage: createUsageStore({ folder, warn }),
    records: createRecordFolder(join(folder, 'logs', 'requests'), now),
  }
}

/** In memory, for as long as the process lives. Exchanges cannot be written down: that needs a folder. */
export function memoryStorage(now: () => number): Storage {
  return {
    state: createMemoryState(now),
    usage: createMemoryUsageStore(),
    records: {
      write: () => Promise.reject(new Error('this gateway has no folder')),
      sweep: async () => {},
    },
  }
}
