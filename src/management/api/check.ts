import { compile } from '../../gateway/compile.ts'
import { planChanges } from '../../gateway/plan.ts'
import { requestedBefore } from '../../gateway/requested-names.ts'
import { type Context, endpoint, Yaml } from '../endpoint.ts'
import { diagnosticWire, json, ManagementError } from '../reply.ts'
import { unmaskedText } from './config.ts'

/** What would become of a text, without any of it. */
export const check = [
  endpoint({
    method: 'POST',
    path: '/check',
    summary: 'Says everything that is wrong with a routes.yaml',
    description: 'Runs its tests. Nothing is changed.',
    body: Yaml,
    answers: { 200: 'ok: whether it has no errors; and what is to be said of it' },
    answer({ body }, context) {
      const compiled = compiledText(body, context)
      const diagnostics = compiled.ok ? compiled.warnings : compiled.diagnostics
      return json({ ok: compiled.ok, diagnostics: diagnostics.map(diagnosticWire) })
    },
  }),
  endpoint({
    method: 'POST',
    path: '/plan',
    summary: 'Says what would change with a routes.yaml in force',
    description:
      'Which names lead elsewhere, for whom, and which lead nowhere any more. Nothing is changed.',
    body: Yaml,
    answers: { 200: 'The changes, in words', 422: 'It has errors' },
    answer({ body }, context) {
      const compiled = compiledText(body, context)
      if (!compiled.ok)
        throw new ManagementError(
          422,
          'invalid_config',
          'the text has errors, so it would not be in force',
          compiled.diagnostics,
        )
      const { gateway } = context
      const before = requestedBefore(gateway.services.state)
      return json({ changes: planChanges(gateway.table, compiled.value.table, before) })
    },
  }),
]

function compiledText(body: string, context: Context) {
  const { table, services } = context.gateway
  return compile(table.file, unmaskedText(body, context), services)
}
