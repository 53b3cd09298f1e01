import { Type } from '@sinclair/typebox'
import { listKeys, withKey, withoutKey } from '../../config/edit/api-keys.ts'
import type { JsonObject } from '../../lib/json/json.ts'
import { newKey } from '../../lib/key-hash.ts'
import { endpoint } from '../endpoint.ts'
import { json, ManagementError } from '../reply.ts'
import { readFile } from './config.ts'
import { change, changedReply } from './config-change.ts'
import { typedIn } from './edit-limits.ts'

const NOTHING: ReadonlySet<string> = new Set()

const NewKey = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 100 }),
    models: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        description: 'Names it may ask for, as globs; absent: all',
      }),
    ),
    limits: Type.Optional(
      Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()]), {
        description: 'As in routes.yaml',
        examples: [{ 'requests-per-minute': 60, 'tokens-per-day': '2M' }],
      }),
    ),
  },
  { additionalProperties: false },
)

/** Keys of those who may call. A key is shown once, when it is made; the file has its hash. */
export const keys = [
  endpoint({
    method: 'GET',
    path: '/keys',
    summary: 'Who may call',
    description: 'Names, models and limits; never a key, nor its hash.',
    answers: { 200: 'The keys in force' },
    answer(_, { gateway }) {
      return json({ keys: listKeys(gateway.table.text).map(({ named: _, ...key }) => key) })
    },
  }),
  endpoint({
    method: 'POST',
    path: '/keys',
    summary: 'Makes an API key',
    description: 'The answer is the only one that ever shows it.',
    body: NewKey,
    answers: {
      201: 'The key',
      409: 'There is one of that name',
      422: 'The file would have errors',
    },
    async answer({ body }, context) {
      const { text } = readFile(context)
      const before = listKeys(text)
      if (before.some(({ name }) => name === body.name))
        throw new ManagementError(409, 'key_exists', `there is a key "${body.name}" already`)
      const key = newKey()
      const { name, models, limits } = body
      const entry = {
        name,
        ...(models ? { models } : {}),
        ...(limits ? { limits: limits as JsonObject } : {}),
      }
      const changed = await change(context, now => withKey(now, entry, key), typedIn(body))
      const note =
        before.length === 0
          ? { note: 'this is the first key: from now on everybody needs one' }
          : {}
      return changedReply(changed, { name, key, ...note }, 201)
    },
  }),
  endpoint({
    method: 'DELETE',
    path: '/keys/:name',
    summary: 'Takes an API key out',
    answers: { 200: 'It opens nothing any more', 404: 'There is none of that name' },
    async answer({ params: { name = '' } }, context) {
      const before = listKeys(readFile(context).text)
      if (!before.some(one => one.name === name))
        throw new ManagementError(404, 'key_not_found', `there is no key "${name}"`)
      const changed = await change(context, now => withoutKey(now, name), NOTHING)
      const note =
        before.length === 1
          ? { note: 'this was the last key: now programs on this machine call without one' }
          : {}
      return changedReply(changed, note)
    },
  }),
]
