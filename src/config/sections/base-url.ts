import type { ProtocolId } from '../../conversation/index.ts'
import { codecFor } from '../../protocols/index.ts'

/**
 * A base URL as people write it, as the codec's paths want it: no trailing slash, no endpoint
 * path, no version that the path brings itself. A query (Azure's `api-version`) is given apart.
 * `vendor`: where the kind is served; its bare host stands for that.
 */
export function normaliseBaseUrl(
  written: string,
  protocol: ProtocolId,
  vendor = '',
): { baseUrl: string; query: string } | undefined {
  if (written.length > MAX_LENGTH) return undefined
  const url = URL.parse(written.trim())
  if (!url || !/^(https?|echo):$/.test(url.protocol)) return undefined
  const userinfo = url.username ? `${url.username}${url.password ? `:${url.password}` : ''}@` : ''
  const origin = `${url.protocol}//${userinfo}${url.host}`
  const path = withoutEndpoint(url.pathname, protocol)
  const bare = path === '' || (path === '/openai' && AZURE.test(origin))
  return {
    baseUrl: bare ? atHost(origin, protocol, vendor) : `${origin}${path}`,
    query: url.search.slice(1),
  }
}

function withoutEndpoint(written: string, protocol: ProtocolId): string {
  let path = written.replace(/\/{2,}/g, '/').replace(/\/+$/, '')
  const { endings, version } = codecFor(protocol).baseUrl
  for (;;) {
    const shorter = endings.reduce(
      (rest, ending) => rest.replace(ending, '').replace(/\/+$/, ''),
      path,
    )
    if (shorter === path) break
    path = shorter
  }
  while (version !== undefined && path.endsWith(version + version))
    path = path.slice(0, -version.length)
  return path
}

/** A bare host: the vendor's own address if it is the vendor's, else with the version every such service has. */
function atHost(origin: string, protocol: ProtocolId, vendor: string): string {
  if (URL.parse(vendor)?.origin === origin) return vendor
  const { version } = codecFor(protocol).baseUrl
  if (version === undefined) return origin
  return AZURE.test(origin) ? `${origin}/openai${version}` : `${origin}${version}`
}

/** Longer texts are no address; the patterns below are quadratic in their length. */
const MAX_LENGTH = 2_000
const AZURE = /\.(openai|services\.ai|cognitiveservices)\.azure\.com$/
