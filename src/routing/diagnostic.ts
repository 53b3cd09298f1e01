/** A located, fixable complaint about routes.yaml. Lines and columns count from 1. */
export type Diagnostic = {
  severity: 'error' | 'warning'
  /** Where in the document, as a user writes it: `models.coder[1]`. */
  path: string
  message: string
  /** What to write instead. */
  hint: string
  at: { file: string; line: number; column: number }
}

export type Result<T> =
  | { ok: true; value: T; warnings: Diagnostic[] }
  /** `files`: those it names, which may be what is wrong. */
  | { ok: false; diagnostics: Diagnostic[]; files: readonly string[] }
