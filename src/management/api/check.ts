import { Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import { compile } from '../../gateway/compile.ts'
import { planChanges } from '../../gateway/plan.ts'
import { requestedBefore } from '../../gateway/requested-names.ts'
import { yamlBody } from '../body.ts'
import type { Context } from '../context.ts'
import { DiagnosticWire, diagnosticWire, failure, ManagementError } from '../error.ts'
import { unmaskedText } from './config.ts'

/** What would become of a text, without putting it in force. */
export function check(context: Context) {
  return new Elysia()
    .post(
      '/check',
      async ({ body }) => {
        const compiled = await compiledText(body, context)
        const diagnostics = compiled.ok ? compiled.warnings : compiled.diagnostics
        return { ok: compiled.ok, diagnostics: diagnostics.map(diagnosticWire) }
      },
      {
        ...yamlBody(context, {
          summary: 'Says everything that is wrong with a routes.yaml',
          description: 'Runs its tests. Nothing is changed.',
        }),
        response: {
          200: Type.Object(
            { ok: Type.Boolean(), diagnostics: Type.Array(DiagnosticWire) },
            { description: 'ok: whether it has no errors; and its errors and warnings' },
          ),
        },
      },
    )
    .post(
      '/plan',
      async ({ body }) => {
        const compiled = await compiledText(body, context)
        if (!compiled.ok)
          throw new ManagementError(
            422,
            'invalid_config',
            'the text has errors, so it would not be in force',
            compiled.diagnostics,
          )
        const { table, services } = context.gateway
        const before = requestedBefore(services.state)
        return { changes: planChanges(table, compiled.value.table, before) }
      },
      {
        ...yamlBody(context, {
          summary: 'Says what would change with a routes.yaml in force',
          description:
            'Which names lead elsewhere, for whom, and which lead nowhere any more. Nothing is changed.',
        }),
        response: {
          200: Type.Object(
            { changes: Type.Array(Type.Object({ kind: Type.String(), text: Type.String() })) },
            { description: 'The changes, in words' },
          ),
          422: failure('It has errors'),
        },
      },
    )
}

async function compiledText(body: string, context: Context) {
  const { table, services } = context.gateway
  return compile(table.file, await unmaskedText(body, context), services)
}
