import { type Static, Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import { listKeys, withKey, withoutKey } from '../../config/edit/api-keys.ts'
import type { JsonObject } from '../../lib/json/json.ts'
import { newKey } from '../../lib/key-hash.ts'
import { jsonBody } from '../body.ts'
import type { Context } from '../context.ts'
import { failure, ManagementError } from '../error.ts'
import { readFile } from './config.ts'
import { ChangeWire, change, changeWire } from './config-change.ts'
import { typedIn } from './edit-limits.ts'

const NOTHING: ReadonlySet<string> = new Set()

const limits = Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()]), {
  description: 'As in routes.yaml',
  examples: [{ 'requests-per-minute': 60, 'tokens-per-day': '2M' }],
})

const NewKey = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 100 }),
    models: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        description: 'Names it may ask for, as globs; absent: all',
      }),
    ),
    limits: Type.Optional(limits),
  },
  { additionalProperties: false },
)

const ListedKey = Type.Object(
  {
    name: Type.String(),
    models: Type.Optional(Type.Unknown()),
    limits: Type.Optional(Type.Unknown()),
  },
  { additionalProperties: true },
)

const Note = Type.Optional(Type.String({ description: 'What the change means for others' }))

/** Keys of callers. A key is shown once, when it is made; the file has its hash. */
export function keys(context: Context) {
  return new Elysia()
    .get(
      '/keys',
      () => ({ keys: listKeys(context.gateway.table.text).map(({ named: _, ...key }) => key) }),
      {
        detail: {
          summary: 'Who may call',
          description: 'Names, models and limits; never a key, nor its hash.',
        },
        response: {
          200: Type.Object({ keys: Type.Array(ListedKey) }, { description: 'The keys in force' }),
        },
      },
    )
    .post(
      '/keys',
      async ({ body, set, status }) => status(201, await addKey(body, context, set.headers)),
      {
        detail: {
          summary: 'Makes an API key',
          description: 'The answer is the only one that ever shows it.',
        },
        parse: jsonBody(context),
        body: NewKey,
        response: {
          201: Type.Composite(
            [ChangeWire, Type.Object({ name: Type.String(), key: Type.String(), note: Note })],
            { description: 'The key' },
          ),
          409: failure('There is one of that name'),
          422: failure('The file would have errors'),
        },
      },
    )
    .delete('/keys/:name', ({ params: { name }, set }) => removeKey(name, context, set.headers), {
      detail: { summary: 'Takes an API key out' },
      response: {
        200: Type.Composite([ChangeWire, Type.Object({ note: Note })], {
          description: 'It opens nothing any more',
        }),
        404: failure('There is none of that name'),
      },
    })
}

type ReplyHeaders = Parameters<typeof changeWire>[1]

async function addKey(body: Static<typeof NewKey>, context: Context, headers: ReplyHeaders) {
  const before = listKeys((await readFile(context)).text)
  if (before.some(({ name }) => name === body.name))
    throw new ManagementError(409, 'key_exists', `there is a key "${body.name}" already`)
  const key = newKey()
  const { name, models, limits } = body
  const entry = { name, models, limits: limits as JsonObject | undefined }
  const changed = await change(context, text => withKey(text, entry, key), typedIn(body))
  const note =
    before.length === 0 ? 'this is the first key: from now on every caller needs one' : undefined
  return { ...changeWire(changed, headers), name, key, note }
}

async function removeKey(name: string, context: Context, headers: ReplyHeaders) {
  const before = listKeys((await readFile(context)).text)
  if (!before.some(key => key.name === name))
    throw new ManagementError(404, 'key_not_found', `there is no key "${name}"`)
  const changed = await change(context, text => withoutKey(text, name), NOTHING)
  const note =
    before.length === 1
      ? 'this was the last key: now programs on this machine call without one'
      : undefined
  return { ...changeWire(changed, headers), note }
}
