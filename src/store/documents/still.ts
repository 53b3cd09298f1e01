import { statSync } from 'node:fs'
import type { After } from '../../lib/timer.ts'

/** Between two looks, and the least that files must keep still: writers write in several steps. */
const STILL_MS = 150

/** Waits until files keep still. */
interface Still {
  /** Begins to wait, or begins anew: something may have changed just now. */
  begin(): void
  waiting(): boolean
  stop(): void
}

/**
 * `paths`: the files, asked anew at each look. `judge` is called when all of them have kept their
 * size and times for `STILL_MS`; it gives how long they must keep still before it is called again,
 * counted from the same moment, or 0 when it is done.
 */
export function createStill(
  paths: () => readonly string[],
  after: After,
  judge: (stillMs: number) => number,
): Still {
  let cancel: (() => void) | undefined
  let stamp = ''
  let stillMs = 0
  let wantedMs = STILL_MS

  function begin(): void {
    stop()
    stamp = stampsOf(paths())
    cancel = after(STILL_MS, look)
  }

  function look(): void {
    const now = stampsOf(paths())
    if (now !== stamp) {
      begin()
      return
    }
    stillMs += STILL_MS
    if (stillMs >= wantedMs) wantedMs = judge(stillMs)
    if (wantedMs === 0) stop()
    else cancel = after(STILL_MS, look)
  }

  function stop(): void {
    cancel?.()
    cancel = undefined
    stillMs = 0
    wantedMs = STILL_MS
  }

  return { begin, waiting: () => cancel !== undefined, stop }
}

function stampsOf(paths: readonly string[]): string {
  return paths.map(stampOf).join(' ')
}

/** Changes whenever the file does, is replaced, comes or goes. */
export function stampOf(path: string): string {
  try {
    const { size, mtimeNs, ino } = statSync(path, { bigint: true })
    return `${size}:${mtimeNs}:${ino}`
  } catch {
    return '-'
  }
}
