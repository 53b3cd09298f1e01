import { VERTEX_MODELS } from './gemini-models.ts'
import type { Kind } from './kind.ts'

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
  serviceAccountEndpoint,
}

/** A base URL names the region if it is Google's. */
function serviceAccountEndpoint(
  { project, location }: { project: string; location?: string },
  baseUrl: string,
): { baseUrl: string; root: string } {
  const named = /^https:\/\/([a-z0-9-]+)-aiplatform\.googleapis\.com$/.exec(baseUrl)?.[1]
  const region = location ?? named ?? 'global'
  const host = region === 'global' ? HOST : `https://${region}-aiplatform.googleapis.com`
  return {
    baseUrl: baseUrl === HOST || named ? host : baseUrl,
    root: `/v1/projects/${project}/locations/${region}/publishers/google/models`,
  }
}
