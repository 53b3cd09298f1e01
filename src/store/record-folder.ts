import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from '../lib/thrown.ts'

/** A folder of text files, each written once and whole. The oldest give way. */
export interface RecordFolder {
  /** Rejects where it cannot be written. */
  write(record: { atMs: number; name: string; text: string }): Promise<void>
  /** Takes out what is too old or too much. Rejects where the folder cannot be read. */
  sweep(): Promise<void>
}

type RecordFolderLimits = { bytes: number; ageMs: number }

const RECORD_FOLDER_LIMITS: RecordFolderLimits = {
  bytes: 500_000_000,
  ageMs: 7 * 86_400_000,
}

const SWEEP_EVERY_MS = 3_600_000

/** `2026-01-01T00-00-00-000Z-….log`: sorts by time, and no system minds it. With `.tmp`: half written. */
const NAME = /^(\d{4}-\d\d-\d\dT\d\d)-(\d\d)-(\d\d)-(\d{3}Z)-.+\.log(\.tmp)?$/

export function createRecordFolder(
  folder: string,
  now: () => number,
  limits: RecordFolderLimits = RECORD_FOLDER_LIMITS,
): RecordFolder {
  let held = 0
  let sweptAtMs = Number.NEGATIVE_INFINITY

  async function sweep(): Promise<void> {
    sweptAtMs = now()
    const files = await ours(folder)
    held = files.reduce((sum, { bytes }) => sum + bytes, 0)
    // Down to a little less than may be held, so that not every file is the one too many.
    const enough = held > limits.bytes ? limits.bytes * 0.9 : limits.bytes
    for (const { path, atMs, bytes } of files) {
      if (atMs > now() - limits.ageMs && held <= enough) break
      await rm(path, { force: true })
      held -= bytes
    }
  }

  return {
    sweep,
    async write({ atMs, name, text }) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const time = new Date(atMs).toISOString().replace(/[:.]/g, '-')
      const path = join(folder, `${time}-${name}.log`)
      await writeFile(`${path}.tmp`, text, { mode: 0o600, flag: 'wx' })
      await rename(`${path}.tmp`, path)
      held += Buffer.byteLength(text)
      if (held > limits.bytes || sweptAtMs < now() - SWEEP_EVERY_MS) await sweep()
    },
  }
}

/** The files of that folder that are of this kind, the oldest first. */
async function ours(folder: string): Promise<{ path: string; atMs: number; bytes: number }[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  })
  const files = []
  for (const name of names.sort()) {
    const [, hour, minute, second, rest] = NAME.exec(name) ?? []
    if (hour === undefined) continue
    const path = join(folder, name)
    const found = await stat(path).catch(() => undefined)
    const atMs = Date.parse(`${hour}:${minute}:${second}.${rest}`)
    if (found?.isFile()) files.push({ path, atMs, bytes: found.size })
  }
  return files
}
