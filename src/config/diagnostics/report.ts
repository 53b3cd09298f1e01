import { type Path, pathText } from '../../lib/path.ts'
import { redactSentence } from '../../redaction/redact.ts'
import type { Diagnostic } from '../../routing/diagnostic.ts'
import type { Place } from '../../routing/table.ts'
import type { Source } from '../yaml/source.ts'
import { limited, MAX_DIAGNOSTICS } from './limit.ts'

/** `hint`: what to write instead; no diagnostic is without one. `of`: what of a member is wrong. */
type Complain = (path: Path, message: string, hint: string, of?: 'key' | 'value') => void

/** Gathers diagnostics, so that all of them are reported at once. */
export type Report = {
  error: Complain
  warn: Complain
  /** In file order, each once, up to a limit that the last one names. */
  all(): Diagnostic[]
  failed(): boolean
  /**
   * The same report for a document without the parts that are wrong: `written` gives where a path of
   * it is in the written document.
   */
  over(written: (path: Path) => Path): Report
  /** Where something stands. */
  at(path: Path): Place
}

/** What was found. */
type Findings = {
  /** By place and message: one cause is reported once. */
  reported: Map<string, Diagnostic>
  /** Beyond the limit: only counted. */
  more: number
  failed: boolean
}

/** `known`: what was found before. */
export function createReport(source: Source, known: readonly Diagnostic[] = []): Report {
  const findings: Findings = { reported: new Map(), more: 0, failed: false }
  for (const diagnostic of known) add(findings, diagnostic.severity, () => diagnostic)
  return reportInto(findings, source, path => path)
}

/** `make` looks up a place, which is slow: it is not called for findings beyond the limit. */
function add(findings: Findings, severity: Diagnostic['severity'], make: () => Diagnostic): void {
  if (severity === 'error') findings.failed = true
  if (findings.reported.size >= MAX_DIAGNOSTICS) {
    findings.more++
    return
  }
  const diagnostic = make()
  const { at, message } = diagnostic
  const cause = `${at.line}:${at.column}:${message}`
  if (!findings.reported.has(cause)) findings.reported.set(cause, diagnostic)
}

function reportInto(findings: Findings, source: Source, written: (path: Path) => Path): Report {
  const complain =
    (severity: Diagnostic['severity']): Complain =>
    (path, message, hint, of = 'value') =>
      add(findings, severity, () => ({
        severity,
        path: pathText(written(path)),
        message: redactSentence(message),
        hint: redactSentence(hint),
        at: { file: source.file, ...source.at(written(path), of) },
      }))
  return {
    error: complain('error'),
    warn: complain('warning'),
    all: () => limited([...findings.reported.values()], findings.more),
    at: path => source.at(written(path), 'value'),
    failed: () => findings.failed,
    over: inner => reportInto(findings, source, path => written(inner(path))),
  }
}

/** `routes.yaml:12:7: models.coder[1]: no provider named "x" (did you mean "y"?)` */
export function formatDiagnostic({ at, path, message, hint }: Diagnostic): string {
  return `${at.file}:${at.line}:${at.column}: ${path ? `${path}: ` : ''}${message} (${hint})`
}
