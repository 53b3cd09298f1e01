import { existsSync, readFileSync } from 'node:fs'
import { writeWhole } from './write-whole.ts'

/**
 * Copies a file beside itself, under a name with the moment in it (UTC), never over another; gives
 * the copy's path. Only its owner can read it.
 */
export function copyDated(path: string, nowMs: number): string {
  const moment = new Date(nowMs).toISOString().slice(0, 19).replaceAll(':', '-')
  let copy = `${path}.${moment}.bak`
  for (let count = 2; existsSync(copy); count++) copy = `${path}.${moment}.${count}.bak`
  writeWhole(copy, readFileSync(path))
  return copy
}
