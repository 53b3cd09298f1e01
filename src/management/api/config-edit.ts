import { type Static, Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import { type Edit, type Edited, editText } from '../../config/edit/index.ts'
import type { JsonValue } from '../../lib/json/json.ts'
import type { SecretPlaceholders } from '../../redaction/placeholders.ts'
import { jsonBody } from '../body.ts'
import type { Context } from '../context.ts'
import { failure, ManagementError } from '../error.ts'
import { change, changeWire, expectedVersion, inForce } from './config-change.ts'
import { typedIn } from './edit-limits.ts'

const WireEdit = Type.Object(
  {
    op: Type.Union(
      (['set', 'remove', 'append', 'insert'] as const).map(op => Type.Literal(op)),
      { description: 'insert: before the element of a list at the path' },
    ),
    path: Type.Array(Type.Union([Type.String(), Type.Integer({ minimum: 0 })]), {
      minItems: 1,
      maxItems: 32,
      description: 'Members by name, elements of lists by number from 0',
      examples: [['models', 'coder', 'to', 0]],
    }),
    value: Type.Optional(Type.Unknown({ description: 'Any JSON; not with remove' })),
  },
  { additionalProperties: false },
)

/** Edits of routes.yaml that change nothing but the places they name. */
export function routes(context: Context) {
  return new Elysia().patch(
    '/routes',
    async ({ body, request, set }) => {
      const edits = body.map(editFrom)
      const changed = await change(
        context,
        text => applied(text, edits, context.placeholders),
        typedIn(body),
        expectedVersion(request.headers),
      )
      return changeWire(changed, set.headers)
    },
    {
      detail: {
        summary: 'Edits routes.yaml by place',
        description:
          'All of the edits or none, in order. Comments, order, anchors and style of everything else stay. With If-Match only if the file is still that version.',
      },
      parse: jsonBody(context),
      body: Type.Array(WireEdit, { minItems: 1, maxItems: 100 }),
      response: {
        200: inForce,
        409: failure('The file on the disk does not parse: it is not overwritten'),
        412: failure('It was changed by others since'),
        422: failure('An edit cannot or may not be done, or the file would have errors'),
      },
    },
  )
}

function editFrom({ op, path, value }: Static<typeof WireEdit>, index: number): Edit {
  if (op === 'remove') return { op, path }
  if (value === undefined)
    throw new ManagementError(400, 'invalid_body', `${index}.value: ${op} needs one`)
  // It came as JSON.
  return { op, path, value: value as JsonValue }
}

/** Placeholders mean secrets of the file as it was before all of the edits. */
function applied(text: string, edits: readonly Edit[], placeholders: SecretPlaceholders): Edited {
  const restored: Edit[] = []
  for (const edit of edits) {
    if (edit.op === 'remove') restored.push(edit)
    else {
      const path = edit.op === 'append' ? [...edit.path, 0] : edit.path
      const value = placeholders.unmaskValue(edit.value, path, text)
      if (!value.ok) return value
      restored.push({ ...edit, value: value.value })
    }
  }
  return editText(text, restored)
}
