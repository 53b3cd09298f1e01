import type { ProtocolId } from '../conversation/index.ts'

/** What people paste behind a base URL, per protocol; longest first. */
const ENDPOINTS: Record<ProtocolId, readonly RegExp[]> = {
  'openai-chat': [/\/chat\/completions$/, /\/completions$/, /\/responses$/, /\/models$/],
  'openai-responses': [/\/responses$/, /\/chat\/completions$/, /\/models$/],
  anthropic: [/\/v1\/messages(\/count_tokens)?$/, /\/v1\/models$/, /\/messages$/, /\/v1$/],
  gemini: [/\/v1(beta)?\/models(\/.*)?$/, /\/v1(beta)?$/],
}

/**
 * A base URL as people write it, as the codec's paths want it: no trailing slash, no endpoint
 * path, no version that the path brings itself. A query (Azure's `api-version`) is given apart.
 */
export function normaliseBaseUrl(
  written: string,
  protocol: ProtocolId,
): { baseUrl: string; query: string } | undefined {
  let url: URL
  try {
    url = new URL(written.trim())
  } catch {
    return undefined
  }
  if (!/^(https?|echo):$/.test(url.protocol)) return undefined
  let path = url.pathname.replace(/\/{2,}/g, '/').replace(/\/+$/, '')
  for (const endpoint of ENDPOINTS[protocol]) path = path.replace(endpoint, '').replace(/\/+$/, '')
  if (protocol.startsWith('openai')) {
    path = path.replace(/(\/v1)+$/, '/v1')
    // A bare host is meant with the version every such service has.
    if (path === '') path = '/v1'
  }
  const userinfo = url.username ? `${url.username}${url.password ? `:${url.password}` : ''}@` : ''
  return { baseUrl: `${url.protocol}//${userinfo}${url.host}${path}`, query: url.search.slice(1) }
}
