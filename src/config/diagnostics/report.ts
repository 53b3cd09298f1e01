import { type Path, pathText } from '../../lib/path.ts'
import { withoutSecrets } from '../../redaction/detect.ts'
import type { Diagnostic } from '../../routing/diagnostic.ts'
import type { Place } from '../../routing/table.ts'
import type { Source } from '../yaml/source.ts'

/** A complaint is never without a way out: `hint` says what to write instead. */
type Complain = (path: Path, of: 'key' | 'value', message: string, hint: string) => void

/** Gathers complaints, so that all of them are told at once. */
export type Report = {
  error: Complain
  warn: Complain
  /** In file order, each once. */
  all(): Diagnostic[]
  failed(): boolean
  /**
   * The same report for a document that lacks what is wrong in the written one: `written` says where
   * a part of it stands there.
   */
  over(written: (path: Path) => Path): Report
  /** Where something stands. */
  at(path: Path): Place
}

/** `known`: what was found before. */
export function createReport(source: Source, known: readonly Diagnostic[] = []): Report {
  const found = new Map<string, Diagnostic>()
  const add = (diagnostic: Diagnostic): void => {
    const { at, message } = diagnostic
    const cause = `${at.line}:${at.column}:${message}`
    if (!found.has(cause)) found.set(cause, diagnostic)
  }
  for (const diagnostic of known) add(diagnostic)
  return reportInto(found, add, source, path => path)
}

function reportInto(
  found: ReadonlyMap<string, Diagnostic>,
  add: (diagnostic: Diagnostic) => void,
  source: Source,
  written: (path: Path) => Path,
): Report {
  const complain =
    (severity: Diagnostic['severity']): Complain =>
    (path, of, message, hint) =>
      add({
        severity,
        path: pathText(written(path)),
        message: withoutSecrets(message),
        hint: withoutSecrets(hint),
        at: { file: source.file, ...source.at(written(path), of) },
      })
  return {
    error: complain('error'),
    warn: complain('warning'),
    all: () =>
      [...found.values()].sort((a, b) => a.at.line - b.at.line || a.at.column - b.at.column),
    at: path => source.at(written(path), 'value'),
    failed: () => [...found.values()].some(({ severity }) => severity === 'error'),
    over: inner => reportInto(found, add, source, path => written(inner(path))),
  }
}

/** `routes.yaml:12:7: models.coder[1]: no provider named "x" (did you mean "y"?)` */
export function formatDiagnostic({ at, path, message, hint }: Diagnostic): string {
  return `${at.file}:${at.line}:${at.column}: ${path ? `${path}: ` : ''}${message} (${hint})`
}
