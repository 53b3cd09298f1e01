import { afterEach } from 'bun:test'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const made: string[] = []

afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** A folder of its own for what a gateway keeps; gone after the test. */
export function newHome(): string {
  const folder = mkdtempSync(join(tmpdir(), 'jackfield-home-'))
  made.push(folder)
  return folder
}

export type StoredFile = { path: string; name: string; text: string; mode: number }

/** Every file below a folder; none where there is no folder. */
export function filesBelow(folder: string): StoredFile[] {
  if (!existsSync(folder)) return []
  const names = readdirSync(folder, { recursive: true }).map(String).sort()
  return names.flatMap(name => {
    // What a running gateway is about to rename is gone before it can be read.
    const file = name.endsWith('.tmp') ? undefined : fileAt(folder, name)
    return file ? [file] : []
  })
}

function fileAt(folder: string, name: string): StoredFile | undefined {
  const path = join(folder, name)
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found?.isFile()) return undefined
  return { path, name, text: readFileSync(path, 'latin1'), mode: found.mode & 0o777 }
}
