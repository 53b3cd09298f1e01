import { existsSync, readdirSync, unlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { writeAtomically } from '../../lib/files/atomic-write.ts'

/** Backups of one file that stay; the oldest go. */
const MAX_BACKUPS = 20

/** Keeps what a file holds under its name and the time: `routes.yaml.2026-11-21T10-35-31Z.bak`. */
export function backUp(path: string, contents: string | Uint8Array, nowMs: number): string {
  const stamp = new Date(nowMs)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '-')
  let backup = `${path}.${stamp}.bak`
  for (let count = 2; existsSync(backup); count++) backup = `${path}.${stamp}-${count}.bak`
  writeAtomically(backup, contents)
  return backup
}

/** Removes the oldest backups; it stops at one that cannot be removed. */
export function pruneBackups(path: string): void {
  const folder = dirname(path)
  const prefix = `${basename(path)}.`
  const backups = readdirSync(folder).flatMap(name => {
    const tail = name.startsWith(prefix) ? name.slice(prefix.length) : ''
    const [, stamp, count = '1'] =
      /^(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ)(?:-(\d+))?\.bak$/.exec(tail) ?? []
    return stamp === undefined ? [] : [{ name, stamp, count: Number(count) }]
  })
  backups.sort((a, b) => a.stamp.localeCompare(b.stamp) || a.count - b.count)
  for (const { name } of backups.slice(0, -MAX_BACKUPS)) {
    try {
      unlinkSync(join(folder, name))
    } catch {
      return
    }
  }
}
