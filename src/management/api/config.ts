import { Elysia } from 'elysia'
import { parseSource } from '../../config/yaml/source.ts'
import type { Unmasked } from '../../redaction/placeholders.ts'
import { YAML_BODY, Yaml, yamlBody } from '../body.ts'
import type { Context } from '../context.ts'
import { failure, ManagementError } from '../error.ts'
import {
  change,
  changeWire,
  etagOf,
  expectedVersion,
  fileOf,
  inForce,
  notChanged,
} from './config-change.ts'
import { typedInYaml, whyNotAllowed } from './edit-limits.ts'

/** routes.yaml as text. Secrets are placeholders in what comes out, and are put back in what goes in. */
export function configText(context: Context) {
  return new Elysia()
    .get(
      '/config.yaml',
      async ({ set }) => {
        const { text, version } = await readFile(context)
        set.headers['content-type'] = 'application/yaml; charset=utf-8'
        set.headers.etag = etagOf(version)
        return maskedText(text, context)
      },
      {
        detail: {
          summary: 'routes.yaml as it is on the disk',
          description:
            'With a placeholder (kept-…) for each secret; a text with placeholders can be put back. The ETag is the version for If-Match.',
          responses: {
            200: { description: 'The text', content: YAML_BODY.content },
            409: { description: 'There is no file, or it does not parse' },
          },
        },
        response: { 200: Yaml },
      },
    )
    .put(
      '/config.yaml',
      async ({ body, request: { headers }, set }) => {
        if (!headers.has('if-match'))
          throw new ManagementError(
            428,
            'version_required',
            'send If-Match with the ETag of the text that this one replaces',
          )
        const changed = await change(
          context,
          text => context.placeholders.unmask(body, text),
          typedInYaml(body),
          expectedVersion(headers),
        )
        return changeWire(changed, set.headers)
      },
      {
        ...yamlBody(context, {
          summary: 'Replaces routes.yaml',
          description:
            'Needs If-Match with the ETag of what it replaces. Checked with its tests, backed up, and in force at once.',
        }),
        response: {
          200: inForce,
          409: failure('The file on the disk does not parse: it is not overwritten'),
          412: failure('It was changed by others since'),
          422: failure(
            'It has errors, or brings in what management may not (a reference, a secret to another host)',
          ),
          428: failure('If-Match is missing'),
        },
      },
    )
}

function maskedText(text: string, context: Context): string {
  const masked = context.placeholders.mask(text)
  if (masked !== undefined) return masked
  const { name } = fileOf(context)
  const { diagnostics } = parseSource(name, text)
  throw new ManagementError(
    409,
    'unparsable_file',
    `${name} does not parse, so its secrets cannot be found; mend it on the disk`,
    diagnostics,
  )
}

export async function readFile(context: Context): Promise<{ text: string; version: string }> {
  const read = await fileOf(context).read()
  if (!read.ok) throw notChanged(read)
  return read
}

/** A text that was sent, with its placeholders resolved against the file; without a file it has none. */
export async function unmaskedText(
  text: string,
  { file, placeholders, gateway }: Context,
): Promise<string> {
  const read = await file?.read()
  const unmasked: Unmasked = placeholders.unmask(text, read?.ok ? read.text : '')
  if (!unmasked.ok) throw new ManagementError(422, 'impossible_edit', unmasked.problem)
  // Before compiling: diagnostics quote the text, with its references already filled in.
  const before = read?.ok ? read.text : gateway.table.text
  const problem = whyNotAllowed(before, unmasked.text, typedInYaml(text), gateway)
  if (problem !== undefined) throw new ManagementError(422, 'impossible_edit', problem)
  return unmasked.text
}
