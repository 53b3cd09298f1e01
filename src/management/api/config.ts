import { parseSource } from '../../config/yaml/source.ts'
import type { Unmasked } from '../../redaction/placeholders.ts'
import { type Context, endpoint, Yaml } from '../endpoint.ts'
import { ALWAYS, ManagementError } from '../reply.ts'
import {
  change,
  changedReply,
  etagOf,
  expectedVersion,
  fileOf,
  notChanged,
} from './config-change.ts'
import { typedInYaml, whyNotAllowed } from './edit-limits.ts'

/** routes.yaml as text. Secrets are placeholders in what comes out, and are put back in what goes in. */
export const configText = [
  endpoint({
    method: 'GET',
    path: '/config.yaml',
    summary: 'routes.yaml as it is on the disk',
    description:
      'With a placeholder (kept-…) for each secret; a text with placeholders can be put back. The ETag is the version for If-Match.',
    answers: { 200: 'The text', 409: 'There is no file, or it does not parse' },
    answer(_, context) {
      const { text, version } = readFile(context)
      const masked = context.placeholders.mask(text)
      if (masked === undefined) {
        const { diagnostics } = parseSource(fileOf(context).name, text)
        throw new ManagementError(
          409,
          'unparsable_file',
          `${fileOf(context).name} does not parse, so its secrets cannot be told from the rest; mend it on the disk`,
          diagnostics,
        )
      }
      return new Response(masked, {
        headers: {
          ...ALWAYS,
          'content-type': 'application/yaml; charset=utf-8',
          etag: etagOf(version),
        },
      })
    },
  }),
  endpoint({
    method: 'PUT',
    path: '/config.yaml',
    summary: 'Replaces routes.yaml',
    description:
      'Needs If-Match with the ETag of what it replaces. Checked with its tests, backed up, and in force at once.',
    body: Yaml,
    answers: {
      200: 'In force',
      409: 'The file on the disk does not parse: it is not overwritten',
      412: 'It was changed by others since',
      422: 'It has errors, or brings in what management may not (a reference, a secret to another host)',
      428: 'If-Match is missing',
    },
    async answer({ body, headers }, context) {
      if (!headers.has('if-match'))
        throw new ManagementError(
          428,
          'version_required',
          'send If-Match with the ETag of the text that this one replaces',
        )
      const changed = await change(
        context,
        text => {
          const unmasked = context.placeholders.unmask(body, text)
          return unmasked.ok ? { ok: true, text: unmasked.text } : unmasked
        },
        typedInYaml(body),
        expectedVersion(headers),
      )
      return changedReply(changed)
    },
  }),
]

export function readFile(context: Context): { text: string; version: string } {
  const read = fileOf(context).read()
  if (!read.ok) throw notChanged(read)
  return read
}

/** A text that was sent, with its placeholders resolved against the file; without a file it has none. */
export function unmaskedText(text: string, { file, placeholders, gateway }: Context): string {
  const read = file?.read()
  const unmasked: Unmasked = placeholders.unmask(text, read?.ok ? read.text : '')
  if (!unmasked.ok) throw new ManagementError(422, 'impossible_edit', unmasked.problem)
  // What is wrong with a text is said with its words, and a reference would be filled in by then.
  const before = read?.ok ? read.text : gateway.table.text
  const problem = whyNotAllowed(before, unmasked.text, typedInYaml(text), gateway)
  if (problem !== undefined) throw new ManagementError(422, 'impossible_edit', problem)
  return unmasked.text
}
