import { type FSWatcher, watch } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { After } from '../../lib/timer.ts'
import { createStill } from './still.ts'

/** Watching misses some network drives and bind mounts, so the files are also looked at. */
const POLL_MS = 2_000

/** Watches files, and reports a change once they keep still. */
interface Watcher {
  /** Waits until the files keep still, and reports that as a change. */
  check(): void
  /** `paths` gives others now. */
  update(): void
  stop(): void
}

type WatcherOptions = {
  /** The files, relative to the working directory or absolute. */
  paths(): readonly string[]
  /** Folders in which a file of any name counts. */
  folders?(): readonly string[]
  /** Asked now and then, for changes that the system does not report. */
  differs(): boolean
  /** As `Follower.judge`. */
  judge(stillMs: number): number
  after: After
}

export function createWatcher(options: WatcherOptions): Watcher {
  const { paths, folders = () => [], differs, judge, after } = options
  const watchedPaths = (): string[] => paths().map(path => resolve(path))
  const still = createStill(watchedPaths, after, judge)
  const watchers = createFolderWatchers(() => still.begin())
  const watchNow = (): void => watchers.watch(watchedPaths(), folders())
  watchNow()
  const polling = setInterval(() => {
    // A folder may have come since.
    watchNow()
    if (!still.waiting() && differs()) still.begin()
  }, POLL_MS)
  polling.unref()
  return {
    check: () => still.begin(),
    update: watchNow,
    stop() {
      clearInterval(polling)
      still.stop()
      watchers.watch([], [])
    },
  }
}

/** Watches folders, not files: a rename into place leaves a watched file's watcher dead. */
function createFolderWatchers(changed: () => void): {
  watch(paths: readonly string[], folders: readonly string[]): void
} {
  const watchers = new Map<string, FSWatcher>()
  /** The files that matter, by folder. */
  let watched = new Map<string, readonly string[]>()
  let wholly: ReadonlySet<string> = new Set()

  function watchFolder(folder: string): void {
    try {
      const watcher = watch(folder, (_event, name) => {
        if (name === null || wholly.has(folder)) changed()
        else if (watched.get(folder)?.includes(join(folder, name.toString()))) changed()
      })
      watcher.on('error', () => {})
      watchers.set(folder, watcher)
    } catch {
      // Polling covers what cannot be watched.
    }
  }

  return {
    watch(paths, folders) {
      watched = Map.groupBy(paths, path => dirname(path))
      wholly = new Set(folders)
      for (const folder of folders) if (!watched.has(folder)) watched.set(folder, [])
      for (const [folder, watcher] of watchers) {
        if (watched.has(folder)) continue
        watcher.close()
        watchers.delete(folder)
      }
      for (const folder of watched.keys()) if (!watchers.has(folder)) watchFolder(folder)
    },
  }
}
