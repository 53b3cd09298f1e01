import type { Credential } from '../credentials/credential.ts'
import type { Services } from '../exchange/services.ts'
import { authorizedRequest } from '../exchange/upstream/authorized-request.ts'
import type { Question } from '../exchange/upstream/request-headers.ts'
import { createUpstream, type Upstream } from '../exchange/upstream/upstream.ts'
import { codeForStatus, GatewayError } from '../lib/errors.ts'
import type { JsonValue } from '../lib/json/json.ts'
import { boundedText } from '../lib/net/bounded-text.ts'
import { withQuery } from '../lib/net/query.ts'
import { codeOf } from '../lib/thrown.ts'
import type { After } from '../lib/timer.ts'
import type { ModelPage, UpstreamModel } from '../protocols/codec.ts'
import type { Provider } from '../routing/table.ts'

/** For one page. */
const TIMEOUT_MS = 10_000
const MAX_BYTES = 16_000_000
const MAX_PAGES = 20
const MAX_MODELS = 5_000

type Asking = Pick<Services, 'pool' | 'transport' | 'userAgent'> & {
  after: After
  signal: AbortSignal
}

/**
 * The models an upstream lists, asked with one credential after another until one is answered.
 * Throws a `GatewayError` that says what went wrong with the last one; `upstream-not-found`: the
 * upstream has no list. No credential cools down for it, and nothing is counted.
 */
export async function askForModels(provider: Provider, asking: Asking): Promise<UpstreamModel[]> {
  let last = new GatewayError('no-credential', 'there is no credential to ask with')
  for (const credential of asking.pool.credentials(provider.id)) {
    try {
      return await allPages(provider, credential, asking)
    } catch (error) {
      last = error instanceof GatewayError ? error : networkError(error, credential)
      if (asking.signal.aborted || last.code === 'upstream-not-found') break
    }
  }
  throw last
}

async function allPages(
  provider: Provider,
  credential: Credential,
  asking: Asking,
): Promise<UpstreamModel[]> {
  const [speech] = provider.speaks
  if (!speech) throw new GatewayError('upstream-not-found', 'it speaks nothing that has a list')
  const upstream = createUpstream(provider, speech, asking)
  const models: UpstreamModel[] = []
  let query = ''
  for (let page = 0; page < MAX_PAGES && models.length < MAX_MODELS; page++) {
    const { models: more, next } = await onePage(upstream, credential, query, asking)
    models.push(...more)
    if (!next) break
    query = next
  }
  return models.slice(0, MAX_MODELS)
}

const QUESTION: Question = {
  action: 'models',
  model: '',
  stream: false,
  relay: undefined,
  sameProtocol: false,
  extra: {},
}
/** No client's headers are sent on. */
const NO_CLIENT = { method: 'GET', body: undefined, client: new Headers(), connectMs: 0 } as const

async function onePage(
  upstream: Upstream,
  credential: Credential,
  query: string,
  { after, signal }: Asking,
): Promise<ModelPage> {
  const limit = new AbortController()
  const stop = after(TIMEOUT_MS, () => limit.abort())
  const either = AbortSignal.any([signal, limit.signal])
  try {
    const request = await authorizedRequest(upstream, credential, QUESTION, NO_CLIENT, either)
    request.url = withQuery(request.url, query)
    const reply = await upstream.transport.send(request, either)
    if (reply.status !== 200) throw await refused(reply, credential)
    const page = upstream.codec.decodeModels(parsed(await textOf(reply, credential)))
    if (page) return page
    throw new GatewayError('upstream-failed', `what ${credential.id} got is no list of models`)
  } catch (error) {
    if (!limit.signal.aborted) throw error
    throw new GatewayError('timeout', `no answer within ${TIMEOUT_MS / 1000} s`, { cause: error })
  } finally {
    stop()
  }
}

const NO_SUCH_PLACE = [404, 405, 501]

/** The upstream's words are left out: some repeat the key. */
async function refused({ status, body }: Response, credential: Credential) {
  await body?.cancel()
  const code = NO_SUCH_PLACE.includes(status) ? 'upstream-not-found' : codeForStatus(status)
  return new GatewayError(code, `status ${status} with ${credential.id}`)
}

async function textOf(reply: Response, credential: Credential): Promise<string> {
  const text = await boundedText(reply, MAX_BYTES)
  if (text !== undefined) return text
  throw new GatewayError(
    'upstream-failed',
    `what ${credential.id} got is longer than ${MAX_BYTES / 1e6} MB`,
  )
}

function parsed(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return null
  }
}

/** By its code alone: messages may hold addresses, and these passwords. */
function networkError(error: unknown, credential: Credential): GatewayError {
  const reason = codeOf(error) ?? 'no connection'
  return new GatewayError('upstream-failed', `${reason} with ${credential.id}`, { cause: error })
}
