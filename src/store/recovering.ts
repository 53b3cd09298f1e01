import { statSync } from 'node:fs'
import { withFileLock } from '../lib/files/file-lock.ts'
import { isDamaged, setAside } from './sqlite.ts'

/** An open SQLite file. */
export type Handle = {
  /** `abandon`: another file has taken its name, whose journal must not be removed with this one. */
  close(abandon?: boolean): void
}

/** A SQLite file that gives way to a new one when it turns out to be damaged. */
interface Recovering<Opened> {
  /**
   * Runs `work` on the open file, and once more on a new one where the file is damaged. Throws what
   * else SQLite throws: the disk is full, another process has the file, it may not be written.
   */
  use<T>(work: (opened: Opened) => T): T
  close(): void
}

type RecoveringOptions<Opened extends Handle> = {
  path: string
  /** Opens the file, made if need be, and checks all of it. */
  open(path: string): Opened
  /** Called once a damaged file is set aside. */
  replaced(): void
}

/**
 * Opens the file when it is first needed, and again when another process has replaced or removed it:
 * what is written to a file without a name is lost.
 */
export function createRecovering<Opened extends Handle>({
  path,
  open,
  replaced,
}: RecoveringOptions<Opened>): Recovering<Opened> {
  let opened: Opened | undefined
  let inode: number | undefined

  function current(): Opened {
    if (opened && inodeOf(path) !== inode) close(true)
    if (!opened) {
      opened = openOrReplace()
      inode = inodeOf(path)
    }
    return opened
  }

  function openOrReplace(): Opened {
    const found = inodeOf(path)
    try {
      return open(path)
    } catch (error) {
      if (!isDamaged(error)) throw error
      replace(found)
      return open(path)
    }
  }

  /** Of two processes that find the same damage one sets the file aside; the other takes the new one. */
  function replace(damaged: number | undefined): void {
    withFileLock(path, () => {
      if (inodeOf(path) !== damaged) return
      setAside(path)
      replaced()
    })
  }

  function close(abandon: boolean): void {
    const closing = opened
    opened = undefined
    closing?.close(abandon)
  }

  return {
    use(work) {
      const before = current()
      try {
        return work(before)
      } catch (error) {
        if (!isDamaged(error)) throw error
        const damaged = inode
        close(false)
        replace(damaged)
        return work(current())
      }
    },
    close: () => close(false),
  }
}

/** Undefined: there is no such file. */
function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino
}
