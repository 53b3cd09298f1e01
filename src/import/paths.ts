import { isAbsolute, join, resolve } from 'node:path'
import type { ImportServices } from './draft.ts'

type Places = Pick<ImportServices, 'folders' | 'home'>

/**
 * The whole path of what a file names: `~` is the user's folder, and a relative path is where
 * something is, else in the likeliest folder.
 */
export function located(
  written: string,
  { folders, home }: Places,
  isThere: (path: string) => boolean,
): string {
  if (written === '~' || /^~[/\\]/.test(written)) return join(home, written.slice(1))
  if (isAbsolute(written)) return written
  const candidates = folders.map(folder => resolve(folder, written))
  return candidates.find(isThere) ?? candidates[0] ?? resolve(written)
}

/** The whole path of a file. */
export function filePath(written: string, services: ImportServices): string {
  return located(written, services, path => {
    try {
      services.readFile(path)
      return true
    } catch {
      return false
    }
  })
}

/** The whole path of a folder. */
export function folderPath(written: string, services: ImportServices): string {
  return located(written, services, path => {
    try {
      services.filesIn(path)
      return true
    } catch {
      return false
    }
  })
}
