import { readFileSync } from 'node:fs'
import type { Io } from './io.ts'

/** The real terminal, environment and disk. */
export function createIo(): Io {
  return {
    stdout: text => void process.stdout.write(text),
    stderr: text => void process.stderr.write(text),
    env: process.env,
    cwd: process.cwd(),
    readFile: path => readFileSync(path, 'utf8'),
  }
}
