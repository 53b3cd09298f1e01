import { readFileSync } from 'node:fs'
import { after as realAfter } from '../../lib/timer.ts'
import type { ConfigSource } from '../config-source.ts'
import { createWatcher } from './watcher.ts'

/** Where a file may appear while built-in routes serve. */
export type Places = {
  paths: readonly string[]
  /** The first of them with a file that may be used; undefined: there is none. */
  find(): string | undefined
}

/** The routes in a file. A change counts once the file keeps still. */
export function fileSource(path: string, after = realAfter): ConfigSource {
  return sourceOf(() => path, { paths: () => [path], inForce() {} }, after)
}

/** The routes in the first of some places; once they have come into force, those of that file alone. */
export function placesSource(places: Places, after = realAfter): ConfigSource {
  let found: string | undefined
  const pathsNow = (): readonly string[] => (found === undefined ? places.paths : [found])
  const source = sourceOf(
    () => found ?? places.find(),
    {
      paths: pathsNow,
      inForce(path) {
        found = path
      },
    },
    after,
  )
  return {
    ...source,
    current() {
      const current = source.current()
      // Until then a file that goes again is none that was there.
      return found === undefined && current?.text === undefined ? undefined : current
    },
  }
}

function sourceOf(
  pathNow: () => string | undefined,
  { paths, inForce }: { paths(): readonly string[]; inForce(path: string): void },
  after: typeof realAfter,
): ConfigSource {
  return {
    current() {
      const path = pathNow()
      return path === undefined ? undefined : { name: path, text: textOf(path) }
    },
    follow({ files, differs, judge }) {
      const watcher = createWatcher({
        paths: () => [...paths(), ...files()],
        differs,
        judge,
        after,
      })
      return {
        check: watcher.check,
        update(path) {
          if (path !== undefined) inForce(path)
          watcher.update()
        },
        stop: watcher.stop,
      }
    },
  }
}

/** Undefined: it cannot be read. */
function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
