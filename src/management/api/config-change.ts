import { type Static, Type } from '@sinclair/typebox'
import type { Edited } from '../../config/edit/index.ts'
import type { Changed, RoutesFile, Unchanged } from '../../config/routes-file.ts'
import type { Context } from '../context.ts'
import { DiagnosticWire, diagnosticWire, ManagementError } from '../error.ts'
import { whyNotAllowed } from './edit-limits.ts'

/** Throws where the built-in routes serve: there is no file to change. */
export function fileOf({ file }: Context): RoutesFile {
  if (file) return file
  throw new ManagementError(
    409,
    'no_file',
    'the built-in routes serve, and they are no file; write one with jackfield init and start with it',
  )
}

/**
 * Changes the file and says how that went. `typed`: the texts of the request itself, see
 * `whyNotAllowed`. `expected`: as in `If-Match`.
 */
export async function change(
  context: Context,
  edit: (text: string) => Edited,
  typed: ReadonlySet<string>,
  expected?: string,
): Promise<Changed & { ok: true }> {
  const file = fileOf(context)
  const limited = (text: string): Edited => {
    const edited = edit(text)
    const problem = edited.ok ? whyNotAllowed(text, edited.text, typed, context.gateway) : undefined
    return problem === undefined ? edited : { ok: false, problem }
  }
  const changed = await file.change(limited, expected)
  if (!changed.ok) throw notChanged(changed)
  if (changed.written)
    context.gateway.services.log.write('info', `${file.name} is changed by management`, {
      backup: changed.backup,
    })
  return changed
}

const STATUS = {
  unreadable: 409,
  unparsable: 409,
  outdated: 412,
  impossible: 422,
  bad: 422,
  unwritable: 500,
  'not-in-force': 500,
} satisfies Record<Unchanged['reason'], number>

const CODE = {
  unreadable: 'unreadable_file',
  unparsable: 'unparsable_file',
  outdated: 'outdated_version',
  impossible: 'impossible_edit',
  bad: 'invalid_config',
  unwritable: 'write_failed',
  'not-in-force': 'reload_failed',
} satisfies Record<Unchanged['reason'], string>

export function notChanged({ reason, message, diagnostics }: Unchanged): ManagementError {
  return new ManagementError(STATUS[reason], CODE[reason], message, diagnostics)
}

/** What a change came to. */
export const ChangeWire = Type.Object({
  ok: Type.Literal(true),
  changed: Type.Array(Type.Literal('config')),
  backup: Type.Optional(Type.String({ description: 'The file as it was' })),
  warnings: Type.Optional(Type.Array(DiagnosticWire)),
})

export const inForce = Type.Object(ChangeWire.properties, { description: 'In force' })

/** The body of its answer; the new version goes into `headers`. */
export function changeWire(
  { version, written, backup, warnings }: Changed & { ok: true },
  headers: Record<string, string | number>,
): Static<typeof ChangeWire> {
  headers.etag = etagOf(version)
  return {
    ok: true,
    // As panels for CLIProxyAPI know it.
    changed: written ? ['config'] : [],
    backup,
    warnings: warnings.length > 0 ? warnings.map(diagnosticWire) : undefined,
  }
}

export function etagOf(version: string): string {
  return `"${version}"`
}

/** The version a request holds on to; undefined: it takes any (`*`), or says nothing. */
export function expectedVersion(headers: Headers): string | undefined {
  const written = headers.get('if-match')?.trim()
  if (!written || written === '*') return undefined
  return written.replace(/^(?:W\/)?"(.*)"$/, '$1')
}
