import { join } from 'node:path'
import { reasonOf } from '../../lib/thrown.ts'
import { createRecovering } from '../recovering.ts'
import { type Space, STATE_LIMITS, type StateLimits, type StateStore } from '../state.ts'
import { openStateFile, type StateFile } from './file.ts'
import { createMemoryEntries, type MemoryEntries } from './memory.ts'

type StateOptions = {
  /** Where `kept.sqlite` lives; made if need be. */
  folder: string
  now(): number
  warn(message: string): void
  limits?: StateLimits
}

/** After a failure the file is left alone this long: waiting for a lock holds up every request. */
const RETRY_MS = 1_000
/** What waits in memory while the file cannot be used. */
const MAX_WAITING_BYTES = 64_000_000

/** A file that survives restarts; opened when first needed. Where that fails, memory serves. */
export function createStateStore({
  folder,
  now,
  warn,
  limits = STATE_LIMITS,
}: StateOptions): StateStore {
  // The name of versions that have it already: theirs and ours share what keys have spent.
  const path = join(folder, 'kept.sqlite')
  const file = createRecovering<StateFile>({
    path,
    open: () => openStateFile(path, { now, limits }),
    replaced: () =>
      warn(`${path} was damaged and is set aside as kept.sqlite.damaged; a new one is kept`),
  })
  /** What could not be written; absent: everything was. */
  let memory: MemoryEntries | undefined
  // Apart: what cannot be written can often be read.
  const failedAtMs = { read: Number.NEGATIVE_INFINITY, write: Number.NEGATIVE_INFINITY }
  let complained = false

  /** Undefined: the file cannot be used for that just now. */
  function inFile<T>(
    what: 'read' | 'write',
    work: (file: StateFile) => T,
  ): { value: T } | undefined {
    const sinceMs = now() - failedAtMs[what]
    if (sinceMs >= 0 && sinceMs < RETRY_MS) return undefined
    try {
      return { value: file.use(work) }
    } catch (error) {
      failedAtMs[what] = now()
      complain(error)
      return undefined
    }
  }

  function complain(error: unknown): void {
    if (complained) return
    complained = true
    const reason = reasonOf(error)
    warn(
      `${path} cannot be used (${reason}): until it can, reasoning, stored responses and budgets are kept in memory and lost at the next start; free some space, or set JACKFIELD_HOME to a folder that can be written`,
    )
  }

  function read(space: Space, owner: string, keys: readonly string[]): Map<string, string> {
    if (keys.length === 0) return new Map()
    const found = inFile('read', state => state.get(space, owner, keys))?.value ?? new Map()
    return memory ? new Map([...found, ...memory.read(space, owner, keys)]) : found
  }

  return {
    peek: read,
    get: async (space, owner, keys) => read(space, owner, keys),
    list(space, owner) {
      const found = inFile('read', state => state.list(space, owner))?.value ?? []
      return memory ? [...new Set([...memory.list(space, owner), ...found])] : found
    },
    put(space, owner, entries) {
      if (entries.size === 0) return
      const written = inFile('write', state => state.put(space, owner, entries))
      const bytes = Math.min(limits.bytes, MAX_WAITING_BYTES)
      if (!written) memory ??= createMemoryEntries(now, { ...limits, bytes })
      // Also what the file took: an older value in memory must not hide it.
      memory?.put(space, owner, entries)
    },
    // Processes that share the file read it anew for what they share; the rest is this one's own.
    changes: () => () => {},
    change: async (space, owner, keys, next) =>
      inFile('write', state => state.change(space, owner, keys, next)) !== undefined,
    async remove(space, owner, keys) {
      memory?.drop(space, owner, keys)
      return inFile('write', state => state.remove(space, owner, keys)) !== undefined
    },
    close: () => file.close(),
  }
}
