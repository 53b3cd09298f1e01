import { readFileSync } from 'node:fs'
import type { Io } from './terminal.ts'

/** The real terminal, environment and disk. Made once: it takes care of who stops reading. */
export function createIo(): Io {
  process.stdout.on('error', endUnread)
  // Without a reader of the log the gateway serves all the same.
  process.stderr.on('error', () => {})
  return {
    stdout: text => void process.stdout.write(text),
    stderr: text => void process.stderr.write(text),
    env: process.env,
    cwd: process.cwd(),
    readFile: path => readFileSync(path, 'utf8'),
  }
}

/** `jackfield schema | head` has seen enough; any other error means that something is missing. */
function endUnread(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit()
  process.stderr.write(`jackfield: the output cannot be written (${error.code ?? error.message})\n`)
  process.exit(1)
}
