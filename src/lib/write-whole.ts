import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs'

/** All or nothing: into a file beside it, onto the disk, then renamed into place. 0600: it may hold keys. */
export function writeWhole(path: string, text: string): void {
  const beside = `${path}.${process.pid}.tmp`
  try {
    const file = openSync(beside, 'wx', 0o600)
    try {
      writeSync(file, text)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(beside, path)
  } catch (error) {
    if (existsSync(beside)) unlinkSync(beside)
    throw error
  }
}
