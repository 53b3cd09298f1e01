import type { JsonObject, JsonValue } from '../../lib/json/json.ts'
import { filled, type Importing } from '../draft.ts'
import { seconds } from '../durations.ts'
import { filePath } from '../paths.ts'
import { applyRows } from '../rows.ts'
import { baseUrl, chatService, isAddress } from '../service-catalogue.ts'
import type { TrackedSettings } from '../tracked-settings.ts'
import { addFacts, readFacts } from './facts.ts'
import type { ResolveVariable } from './secrets.ts'
import { type Service, serviceNamed, splitModel } from './services.ts'
import { MODEL_INFO, PARAMS } from './unsupported.ts'

export type DeploymentImporting = Importing & {
  resolve: ResolveVariable
  credentials: ReadonlyMap<string, TrackedSettings>
  /** Of every deployment without one of its own, in seconds. */
  timeout: number | undefined
  /** By what they are made of: providers that are alike are one. */
  providers: Map<string, string>
}

/** One entry of `model_list`: who serves, with what weight, and what it adds to requests. */
export type Deployment = {
  target: string
  weight?: number
  defaults: JsonObject
}

/** Members of a request that a deployment gave where the client gave none. */
const DEFAULTS = ['temperature', 'top_p', 'max_tokens', 'seed', 'reasoning_effort']

/** Undefined, with a note: it cannot be reached from here. */
export function readDeployment(
  entry: TrackedSettings,
  importing: DeploymentImporting,
): Deployment | undefined {
  const { draft } = importing
  const params = entry.mapping('litellm_params')
  const target = targetOf(params, importing)
  const info = entry.mapping('model_info')
  const facts = readFacts(entry, importing)
  applyRows(PARAMS, params, importing, {})
  applyRows(MODEL_INFO, info, importing, {})
  // Shares of the load were by weight, else by how much each may be asked.
  const weight = ['weight', 'rpm', 'tpm'].map(name => params.number(name)).find(share => share)
  const defaults: JsonObject = {}
  for (const name of DEFAULTS) {
    const value = params.raw(name)
    if (value !== undefined && value !== null) defaults[name] = value
  }
  if (!target) return undefined
  addFacts(draft, target.provider, target.model, facts)
  return {
    target: `${target.provider}/${target.model}`,
    defaults,
    weight: weight === undefined ? undefined : Math.max(1, Math.round(weight)),
  }
}

/** The target, with a provider made for it if none is alike. */
function targetOf(
  params: TrackedSettings,
  importing: DeploymentImporting,
): { provider: string; model: string } | undefined {
  const { draft, resolve, credentials, providers } = importing
  const credential = credentials.get(params.text('litellm_credential_name') ?? '')
  const value = (name: string): string | undefined => {
    const written = params.text(name) ?? credential?.text(name)
    return written === undefined ? undefined : resolve(written)
  }
  const { service: prefix, name } = splitModel(params.text('model') ?? '')
  const service = params.text('custom_llm_provider') ?? prefix
  const address = value('api_base') ?? value('base_url')
  const known = serviceNamed(service, address)
  const problem = problemOf(service, known, address)
  if (problem) draft.noteDropped(params.path(problem.at), problem.text)
  if (problem || !known) return undefined
  if (params.text('vertex_project'))
    draft.noteUnneeded(
      params.path('vertex_project'),
      'the project is the one that the service account’s file names',
    )
  if (known.kind === 'vertex' && name.startsWith('claude')) {
    draft.noteDropped(
      params.path('model'),
      'Vertex is asked for Gemini’s models only; take a provider of kind anthropic',
    )
    return undefined
  }
  const provider = providerOf(known, { params, value, address, name }, importing)
  if (!provider) return undefined
  const shared = JSON.stringify(provider)
  const id =
    providers.get(shared) ??
    draft.freeName(known.kind === 'azure-openai' ? `azure-${name}` : service)
  if (!providers.has(shared)) draft.addProvider(id, provider, `from ${params.at}`)
  providers.set(shared, id)
  return { provider: id, model: name }
}

/** Why a service cannot be reached from here, and the setting to blame. */
function problemOf(
  service: string,
  known: Service | undefined,
  address: string | undefined,
): { at: string; text: string } | undefined {
  if (!known)
    return {
      at: 'model',
      text: `"${service}" has no kind here; a service that is like OpenAI’s can be written as kind openai-compatible with its base-url`,
    }
  if (address === undefined || isAddress(address)) return undefined
  return { at: 'api_base', text: 'is no http or https address; the model is left out' }
}

type Given = {
  params: TrackedSettings
  value(name: string): string | undefined
  address: string | undefined
  name: string
}

function providerOf(
  service: Service,
  given: Given,
  importing: DeploymentImporting,
): JsonObject | undefined {
  const { params, value } = given
  const { resolve, timeout } = importing
  const organization = value('organization')
  const headers = {
    ...Object.fromEntries(
      ['extra_headers', 'headers'].flatMap(name =>
        Object.entries(params.record(name)).map(([header, text]) => [header, resolve(text)]),
      ),
    ),
    ...(organization ? { 'OpenAI-Organization': organization } : {}),
  }
  const where = whereOf(service, given, importing)
  const key = keyOf(service, given, importing)
  if (key === undefined) return undefined
  const wait = params.number('timeout') ?? params.number('stream_timeout') ?? timeout
  return {
    ...where,
    // Only the names of the file can be asked for.
    models: [],
    ...filled({
      headers,
      timeout: wait ? { 'first-byte': seconds(wait) } : undefined,
      keys: key === '' ? undefined : [key],
    }),
  }
}

/** Kind and address. */
function whereOf(
  { kind, address: usual }: Service,
  { params, value, address, name }: Given,
  { draft, services: { kinds } }: DeploymentImporting,
): JsonObject {
  if (kind === 'azure-openai') {
    const version = value('api_version')
    const origin = (address ?? '${AZURE_API_BASE}')
      .replace(/\/+$/, '')
      .replace(/\/openai(\/v1)?$/, '')
    if (!version)
      draft.noteUnneeded(
        params.path('api_version'),
        'is not set; Azure is asked under /openai/v1, which needs none',
      )
    const path = version ? `deployments/${name}` : 'v1'
    return filled({ kind, 'base-url': `${origin}/openai/${path}`, 'api-version': version })
  }
  if (kind === 'vertex') {
    const location = value('vertex_location')
    const regional = location && location !== 'global'
    return filled({
      kind,
      'base-url': regional ? `https://${location}-aiplatform.googleapis.com` : undefined,
    })
  }
  if (kind === 'openai-compatible') return chatService(address ?? usual ?? '', kinds)
  return { kind, ...baseUrl(address, kind, kinds) }
}

/** Empty: none is needed. Undefined, with a note: there is none that could be used. */
function keyOf(
  { kind, variable }: Service,
  { params, value }: Given,
  importing: DeploymentImporting,
): string | undefined {
  if (kind === 'vertex') return vertexKey(params, value, importing)
  const key = value('api_key')
  if (key !== undefined) return key
  return variable === '' ? '' : `\${${variable}}`
}

function vertexKey(
  params: TrackedSettings,
  value: Given['value'],
  { draft, services }: Importing,
): string | undefined {
  const written = value('vertex_credentials')
  if (written?.startsWith('{') && !written.startsWith('${')) return written
  if (written) return written.startsWith('${') ? written : `\${file:${filePath(written, services)}}`
  const key = value('api_key')
  if (key) return key
  if (services.env.GOOGLE_APPLICATION_CREDENTIALS)
    return `\${file:${services.env.GOOGLE_APPLICATION_CREDENTIALS}}`
  draft.noteDropped(
    params.at,
    'took the account that was logged in with gcloud, and is left out; give it vertex_credentials, or write a provider of kind vertex with a service account’s file',
  )
  return undefined
}

/** A value that all deployments of a model share. */
export function agreed<T extends JsonValue>(values: readonly (T | undefined)[]): T | undefined {
  const [first, ...others] = values
  const same = others.every(value => JSON.stringify(value) === JSON.stringify(first))
  return same ? first : undefined
}
