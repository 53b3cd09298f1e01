import type { Edited } from '../../config/edit/index.ts'
import type { Changed, RoutesFile, Unchanged } from '../../config/file/routes-file.ts'
import type { Context } from '../endpoint.ts'
import { diagnosticWire, json, ManagementError } from '../reply.ts'
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
  if (changed.backup !== undefined)
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

/** What a change came to; `more` is the endpoint's own. */
export function changedReply(
  { version, backup, warnings }: Changed & { ok: true },
  more: object = {},
  status = 200,
): Response {
  return json(
    {
      ok: true,
      // As panels for CLIProxyAPI know it.
      changed: backup === undefined ? [] : ['config'],
      backup,
      ...(warnings.length > 0 ? { warnings: warnings.map(diagnosticWire) } : {}),
      ...more,
    },
    status,
    { etag: etagOf(version) },
  )
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
