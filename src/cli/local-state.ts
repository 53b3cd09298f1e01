import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { dataFolder } from '../store/data-folder.ts'
import { createStateStore } from '../store/state/local.ts'
import type { StateStore } from '../store/state.ts'
import type { Io } from './terminal.ts'

/** Reads what the gateway of this user has stored; undefined where it never stored anything. */
export function fromState<T>(io: Io, read: (state: StateStore) => T): T | undefined {
  const state = openState(io)
  if (!state) return undefined
  try {
    return read(state)
  } finally {
    state.close()
  }
}

/** The same, open; the caller closes it. */
export function openState(io: Io): StateStore | undefined {
  const folder = dataFolder(io.env)
  if (!existsSync(join(folder, 'kept.sqlite'))) return undefined
  return createStateStore({ folder, now: Date.now, warn: message => io.stderr(`${message}\n`) })
}
