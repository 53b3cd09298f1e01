import { text } from '../../lib/json/read-json.ts'
import { isLocalHost } from '../../lib/net/host-name.ts'
import { ask, type OAuthHttp } from './ask.ts'
import { OAuthError } from './error.ts'
import type { OAuthVendor } from './vendor.ts'

const IN_DOCUMENT = {
  token: 'token_endpoint',
  device: 'device_authorization_endpoint',
  authorize: 'authorization_endpoint',
} as const

/**
 * The URL of an endpoint: the vendor's own, or what its discovery document names.
 * Throws an `OAuthError` where there is none.
 */
export async function endpointOf(
  vendor: OAuthVendor,
  which: keyof typeof IN_DOCUMENT,
  http: OAuthHttp,
  nowMs: number,
): Promise<string> {
  const { tokenUrl, device, browser, discoveryUrl, title } = vendor
  const known = { token: tokenUrl, device: device?.url, authorize: browser?.authorizeUrl }[which]
  if (known !== undefined) return known
  if (discoveryUrl === undefined)
    throw new OAuthError('rejected', `${title} has no ${which} endpoint; set one under oauth`)
  const { members } = await ask({ title, url: discoveryUrl, secrets: [] }, http, nowMs)
  const found = text(members[IN_DOCUMENT[which]])
  if (found === undefined || !isTrusted(found, discoveryUrl))
    throw new OAuthError(
      'rejected',
      `${title} names no ${which} endpoint of its own in ${discoveryUrl}; set one under oauth`,
    )
  return found
}

/** Tokens go only to the host of the document or one below its domain, and encrypted as it was. */
function isTrusted(found: string, discoveryUrl: string): boolean {
  const [url, from] = [URL.parse(found), new URL(discoveryUrl)]
  if (!url) return false
  if (isLocalHost(from.hostname)) return isLocalHost(url.hostname)
  const domain = from.hostname.split('.').slice(-2).join('.')
  return (
    url.protocol === 'https:' && (url.hostname === domain || url.hostname.endsWith(`.${domain}`))
  )
}
