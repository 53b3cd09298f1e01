import { appendFileSync, existsSync, renameSync, statSync } from 'node:fs'
import { reasonOf } from '../lib/thrown.ts'
import { makePrivate } from './private-file.ts'

/** A text file that grows at its end and, once it is full, makes room by becoming an old one. */
export interface LogFile {
  readonly path: string
  /** Never throws: what cannot be written is reported once, and tried again with the next text. */
  append(text: string): void
}

type LogFileLimits = { bytes: number; old: number }

const LOG_FILE_LIMITS: LogFileLimits = { bytes: 10_000_000, old: 5 }

/**
 * `path`, `path.1` (the youngest old one), `path.2`, … Opened anew for every text: others may rotate
 * it or take it away, another process of ours among them. Texts come twenty times a second at most.
 */
export function createLogFile(
  path: string,
  warn: (message: string) => void,
  limits: LogFileLimits = LOG_FILE_LIMITS,
): LogFile {
  let complained = false

  function write(text: string): void {
    const there = existsSync(path) ? statSync(path) : undefined
    // Writing to a pipe without a reader would block the whole gateway.
    if (there && !there.isFile()) throw new Error('is not a file')
    const full = there !== undefined && there.size + Buffer.byteLength(text) > limits.bytes
    if (full && there.size > 0) rotate()
    makePrivate(path)
    appendFileSync(path, text)
  }

  function rotate(): void {
    const old = (age: number): string => (age === 0 ? path : `${path}.${age}`)
    for (let age = limits.old - 1; age >= 0; age--)
      if (existsSync(old(age))) renameSync(old(age), old(age + 1))
  }

  return {
    path,
    append(text) {
      try {
        write(text)
      } catch (error) {
        if (complained) return
        complained = true
        const reason = reasonOf(error)
        warn(
          `${path} cannot be written (${reason}): the log goes to stderr only; free some space, or give logging.file another path`,
        )
      }
    },
  }
}
