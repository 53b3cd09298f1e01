import type { Diagnostic } from './diagnostic.ts'
import { withoutSecrets } from './secrets/suspicion.ts'
import { type Path, pathText, type Source } from './source.ts'
import type { Place } from './table.ts'

/** Gathers complaints, so that all of them are told at once. */
export type Report = {
  error(path: Path, of: 'key' | 'value', message: string, hint?: string): void
  warn(path: Path, of: 'key' | 'value', message: string, hint?: string): void
  /** In file order, each once. */
  all(): Diagnostic[]
  failed(): boolean
  /** Where something stands. */
  at(path: Path): Place
}

export function createReport(source: Source): Report {
  const found = new Map<string, Diagnostic>()
  const add = (
    severity: Diagnostic['severity'],
    path: Path,
    of: 'key' | 'value',
    message: string,
    hint?: string,
  ): void => {
    const at = { file: source.file, ...source.at(path, of) }
    const diagnostic: Diagnostic = {
      severity,
      path: pathText(path),
      message: withoutSecrets(message),
      ...(hint ? { hint } : {}),
      at,
    }
    const cause = `${at.line}:${at.column}:${message}`
    if (!found.has(cause)) found.set(cause, diagnostic)
  }
  return {
    error: (path, of, message, hint) => add('error', path, of, message, hint),
    warn: (path, of, message, hint) => add('warning', path, of, message, hint),
    all: () =>
      [...found.values()].sort((a, b) => a.at.line - b.at.line || a.at.column - b.at.column),
    at: path => source.at(path, 'value'),
    failed: () => [...found.values()].some(({ severity }) => severity === 'error'),
  }
}

/** `routes.yaml:12:7: models.coder[1]: no provider named "x" (did you mean "y"?)` */
export function formatDiagnostic({ at, path, message, hint }: Diagnostic): string {
  return `${at.file}:${at.line}:${at.column}: ${path ? `${path}: ` : ''}${message}${hint ? ` (${hint})` : ''}`
}
