import { VERTEX_MODELS } from './gemini-models.ts'
import type { Kind } from './kind.ts'
import { readServiceAccount, type ServiceAccount } from './service-account.ts'

const HOST = 'https://aiplatform.googleapis.com'

/** With an API key ("express mode"), or a service account: its JSON file as the key. */
export const vertex: Kind = {
  id: 'vertex',
  title: 'Vertex AI (API key, or a service account)',
  speaks: [{ protocol: 'gemini', baseUrl: HOST, root: '/v1/publishers/google/models' }],
  auth: { header: 'x-goog-api-key' },
  // The service refuses ids on calls and results.
  quirks: { countTokens: true, noCallIds: true },
  catalogue: VERTEX_MODELS,
  serviceAccount,
}

/** Where an account's project and region are served. A base URL names the region if it is Google's. */
function serviceAccount(secret: string, baseUrl: string): ServiceAccount | undefined {
  const account = readServiceAccount(secret)
  if (!account) return undefined
  const named = /^https:\/\/([a-z0-9-]+)-aiplatform\.googleapis\.com$/.exec(baseUrl)?.[1]
  const location = account.location ?? named ?? 'global'
  const host = location === 'global' ? HOST : `https://${location}-aiplatform.googleapis.com`
  return {
    ...account,
    baseUrl: baseUrl === HOST || named ? host : baseUrl,
    root: `/v1/projects/${account.project}/locations/${location}/publishers/google/models`,
  }
}
