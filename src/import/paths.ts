import { isAbsolute, join, resolve } from 'node:path'
import type { ImportServices } from './draft.ts'

type Places = Pick<ImportServices, 'folders' | 'home'>

/**
 * The absolute path of what a file names: `~` is the user's folder. A relative path is in the first
 * folder in which `look` does not throw, else in the likeliest one.
 */
function located(
  written: string,
  { folders, home }: Places,
  look: (path: string) => unknown,
): string {
  if (written === '~' || /^~[/\\]/.test(written)) return join(home, written.slice(1))
  if (isAbsolute(written)) return written
  const candidates = folders.map(folder => resolve(folder, written))
  return candidates.find(path => succeeds(() => look(path))) ?? candidates[0] ?? resolve(written)
}

/** The absolute path of a file. */
export function filePath(written: string, services: ImportServices): string {
  return located(written, services, path => services.readFile(path))
}

/** The absolute path of a folder. */
export function folderPath(written: string, services: ImportServices): string {
  return located(written, services, path => services.filesIn(path))
}

function succeeds(look: () => unknown): boolean {
  try {
    look()
    return true
  } catch {
    return false
  }
}
