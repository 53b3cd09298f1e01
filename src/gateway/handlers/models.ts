import type { Caller } from '../../exchange/admission/caller.ts'
import type { Gateway } from '../../exchange/snapshot.ts'
import { GatewayError } from '../../lib/errors.ts'
import { anthropic } from '../../protocols/anthropic/index.ts'
import type { Codec, ModelInfo } from '../../protocols/codec.ts'
import { gemini } from '../../protocols/gemini/index.ts'
import { openaiChat } from '../../protocols/openai-chat/index.ts'
import type { ListedModel } from '../../routing/table.ts'
import { modelOperation } from '../openapi/models.ts'
import { type Admitted, guarded } from './guarded.ts'
import type { Handler } from './handler.ts'
import { spokenBy } from './refusal.ts'
import { unescaped } from './request.ts'

/** Every listed model carries one date: the file has none, and clients want one. */
const LISTED_AT_MS = Date.UTC(2026, 0, 1)

/** Whose clients find models at `/v1/models`. */
const shared = [openaiChat, anthropic]

const LIST = 'The models clients may ask for'
const ONE = 'One model; its name may hold slashes'

/** The model lists. Several protocols share `/v1/models`: each client gets the shape of its own. */
export function modelHandlers(gateway: Gateway): Handler[] {
  const list = ({ request, caller }: Admitted): Response =>
    Response.json(spokenBy(request).encodeModels(listModels(gateway, caller)))
  const single = (param: string) => (admitted: Admitted) =>
    Response.json(spokenBy(admitted.request).encodeModel(modelOf(gateway, admitted, param)))
  const common = { method: 'GET', access: 'callers' } as const
  const encodeList = (codec: Codec, model: ModelInfo) => codec.encodeModels([model])
  const encodeOne = (codec: Codec, model: ModelInfo) => codec.encodeModel(model)
  return [
    guarded(gateway, {
      ...common,
      path: '/v1/models',
      title: LIST,
      openapi: () => modelOperation(gateway, '/v1/models', LIST, shared, encodeList),
      answer: list,
    }),
    guarded(gateway, {
      ...common,
      path: '/v1/models/:id',
      title: ONE,
      openapi: () => modelOperation(gateway, '/v1/models/{id}', ONE, shared, encodeOne),
      answer: single('id'),
    }),
    // A name may hold slashes, and not every client escapes them.
    guarded(gateway, { ...common, path: '/v1/models/*', title: ONE, answer: single('*') }),
    guarded(gateway, {
      ...common,
      path: '/v1beta/models',
      protocol: 'gemini',
      title: `${LIST} (Gemini)`,
      openapi: () =>
        modelOperation(gateway, '/v1beta/models', `${LIST} (Gemini)`, [gemini], encodeList),
      answer: list,
    }),
    guarded(gateway, {
      ...common,
      path: '/v1beta/models/*',
      protocol: 'gemini',
      title: `${ONE} (Gemini)`,
      answer: single('*'),
    }),
  ]
}

function modelOf(gateway: Gateway, { params, caller }: Admitted, param: string): ModelInfo {
  const id = unescaped(params[param] ?? '')
  const model = findModel(gateway, caller, id)
  if (model) return model
  throw new GatewayError(
    'model-not-found',
    `no model named "${id}" in routes.yaml (GET /v1/models lists what there is)`,
  )
}

/** What a caller may ask for. */
function listModels({ table }: Gateway, caller: Caller): ModelInfo[] {
  return table.listed.filter(({ id }) => caller.may(id)).map(modelInfo)
}

function findModel({ table }: Gateway, caller: Caller, id: string): ModelInfo | undefined {
  if (!caller.may(id)) return undefined
  const listed = table.listed.find(model => model.id === id)
  if (listed) return modelInfo(listed)
  // Names behind a glob or an address are not listed, but they can be asked for.
  const resolution = table.resolve(id)
  return resolution.found ? modelInfo({ id, ownedBy: 'jackfield' }) : undefined
}

function modelInfo(listed: ListedModel): ModelInfo {
  return {
    id: listed.id,
    displayName: listed.description ?? listed.id,
    description: listed.description,
    ownedBy: listed.ownedBy,
    createdAtMs: LISTED_AT_MS,
    contextTokens: listed.contextTokens,
    maxOutputTokens: listed.maxOutputTokens,
  }
}
