import { Type } from '@sinclair/typebox'
import type { Diagnostic } from '../routing/diagnostic.ts'

/** What every answer says: it is not to be kept, and it is what its content type says. */
export const ALWAYS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }

function json(body: object, status: number): Response {
  return Response.json(body, { status, headers: ALWAYS })
}

/** A refusal in one sentence, as clients of this API know it. */
export function refusal(status: number, error: string): Response {
  return json({ error }, status)
}

/** The body of a refusal, for `response`. */
export function refused(description: string) {
  return Type.Object({ error: Type.String() }, { description })
}

/** Why a request is not carried out. `code` is for programs, the message says what to do. */
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
    const details = diagnostics.length > 0 ? diagnostics.map(diagnosticWire) : undefined
    return json({ error: code, message, diagnostics: details }, status)
  }
}

export const DiagnosticWire = Type.Object({
  severity: Type.Union([Type.Literal('error'), Type.Literal('warning')]),
  path: Type.String(),
  message: Type.String(),
  hint: Type.Optional(Type.String()),
  line: Type.Integer(),
  column: Type.Integer(),
})

export function diagnosticWire({ severity, path, message, hint, at }: Diagnostic) {
  return { severity, path, message, hint: hint || undefined, line: at.line, column: at.column }
}

/** The body of an error, for `response`. */
export function failure(description: string) {
  return Type.Object(
    {
      error: Type.String(),
      message: Type.String(),
      diagnostics: Type.Optional(Type.Array(DiagnosticWire)),
    },
    { description },
  )
}
