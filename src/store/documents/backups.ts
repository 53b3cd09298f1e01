import { existsSync, readdirSync, unlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { writeWhole } from '../../lib/files/write-whole.ts'

/** Backups of one file that stay; the oldest go. */
const MAX_BACKUPS = 20

/** Keeps what a file holds under its name and the time: `routes.yaml.2026-11-21T10-35-31Z.bak`. */
export function backUp(path: string, text: string, nowMs: number): string {
  const stamp = new Date(nowMs)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '-')
  let backup = `${path}.${stamp}.bak`
  for (let count = 2; existsSync(backup); count++) backup = `${path}.${stamp}-${count}.bak`
  writeWhole(backup, text)
  return backup
}

/** Takes the oldest backups away. One that cannot be taken away is in nobody's way. */
export function pruneBackups(path: string): void {
  const folder = dirname(path)
  const backups = readdirSync(folder).flatMap(name => {
    const of = basename(path)
    const tail = name.startsWith(`${of}.`) ? name.slice(of.length + 1) : ''
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
