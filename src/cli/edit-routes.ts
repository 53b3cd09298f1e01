import { resolve } from 'node:path'
import type { Edited } from '../config/edit/index.ts'
import { formatDiagnostic } from '../config/index.ts'
import { createRoutesFile } from '../config/routes-file.ts'
import { fileDocument } from '../store/documents/folder.ts'
import { compileAsServed } from './load-routes.ts'
import { type Io, refuse } from './terminal.ts'

/**
 * Edits the file of routes as it is served, and prints what is to be said of it. False: it is as it
 * was, and the reason is printed. `edit` may be called again where another process was quicker.
 */
export async function editRoutes(
  command: string,
  name: string,
  edit: (text: string) => Edited,
  io: Io,
): Promise<boolean> {
  // A version is used within one command only.
  const salt = new Uint8Array(0)
  const check = (text: string) => compileAsServed(name, text, io)
  const path = resolve(io.cwd, name)
  const file = createRoutesFile({ ...fileDocument(path, Date.now), name, salt, check })
  const result = await file.change(edit)
  if (result.ok) {
    if (result.backup) io.stderr(`${name} is changed; as it was: ${result.backup}\n`)
    return true
  }
  for (const diagnostic of result.diagnostics) io.stderr(`${formatDiagnostic(diagnostic)}\n`)
  refuse(command, result.message, io)
  return false
}
