import { isAuthority } from '../lib/net/host-name.ts'

/** Elysia looks for the path from here on in the URL; a shorter host would shift it. */
const SHORTEST_ORIGIN = 11

/**
 * Whether the request has a URL from which its path can be read, after it was given one where that
 * is possible. False: its Host header is no host, so nothing follows from it.
 *
 * The runtime (Bun 1.4) makes the URL of the Host header as the client sent it. Without one
 * (HTTP/1.0) there is only a path; with one of three letters or less (`nas`) the origin is shorter
 * than the router expects, so its port is written out, which means the same.
 */
export function hasReadableUrl(request: Request): boolean {
  const host = request.headers.get('host')
  const { url } = request
  if (host !== null && host === lastRead.host && url.startsWith(lastRead.origin)) return true
  if (host === null && url.startsWith('/')) return setUrl(request, `http://localhost${url}`)
  if (!isAuthority(host ?? '') || !hasReadablePath(request)) return false
  if (host !== null && request.url === url) lastRead = { host, origin: originOf(url) }
  return true
}

/** The last origin that was read as it came: most requests have the same, whatever their path. */
let lastRead = { host: '', origin: '' }

/** With the slash behind it. */
function originOf(url: string): string {
  return url.slice(0, url.indexOf('/', url.indexOf('//') + 2) + 1)
}

/** The same for a request that a program made, which has a URL but need not have a Host header. */
export function hasReadablePath(request: Request): boolean {
  const { url } = request
  if (!URL.canParse(url)) return false
  const origin = url.indexOf('/', url.indexOf('//') + 2)
  if (origin === -1) return false
  if (origin >= SHORTEST_ORIGIN) return true
  const port = url.startsWith('https:') ? 443 : 80
  return setUrl(request, `${url.slice(0, origin)}:${port}${url.slice(origin)}`)
}

/** In its place: a copy of the request would have neither its peer nor its signal. */
function setUrl(request: Request, url: string): boolean {
  Object.defineProperty(request, 'url', { value: url })
  return URL.canParse(url)
}

export function badHost(): Response {
  return new Response('the Host header is not a host name or an address; send the one you call\n', {
    status: 400,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
  })
}
