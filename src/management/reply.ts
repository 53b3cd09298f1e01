import type { Diagnostic } from '../routing/diagnostic.ts'

/** What every answer says: nobody keeps it, and it is what it says it is. */
export const ALWAYS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return Response.json(body, { status, headers: { ...ALWAYS, ...headers } })
}

/** A refusal in one sentence, as clients of this API know it. */
export function refusal(status: number, error: string): Response {
  return json({ error }, status)
}

/** Why something is not done. `code` is for programs, the message says what to do. */
export class ManagementError extends Error {
  readonly status: number
  readonly code: string
  readonly diagnostics: readonly Diagnostic[]

  constructor(
    status: number,
    code: string,
    message: string,
    diagnostics: readonly Diagnostic[] = [],
  ) {
    super(message)
    this.status = status
    this.code = code
    this.diagnostics = diagnostics
  }

  toResponse(): Response {
    const { status, code, message, diagnostics } = this
    return json(
      {
        error: code,
        message,
        ...(diagnostics.length > 0 ? { diagnostics: diagnostics.map(diagnosticWire) } : {}),
      },
      status,
    )
  }
}

export function diagnosticWire({ severity, path, message, hint, at }: Diagnostic) {
  return { severity, path, message, ...(hint ? { hint } : {}), line: at.line, column: at.column }
}
