import { createKeyless } from '../../exchange/admission/keyless.ts'
import type { Gateway } from '../../exchange/snapshot.ts'

/**
 * Whether a request may read what the gateway serves: every caller may; where callers need no key,
 * programs and pages of this machine. Throws `unauthenticated` or `forbidden`.
 */
export function mustBeReader(gateway: Gateway, request: Request, queryKey?: string): void {
  const { table, services } = gateway
  const peer = () => services.peerOf(request)
  if (table.apiKeys.length > 0) {
    gateway.authenticate(request.headers, peer, basicKey(request.headers) ?? queryKey)
    return
  }
  const { origins } = table.server
  createKeyless({ openToAll: false, origins })(linked(request.headers), peer)
}

/**
 * A browser asks its user for a name and a password: the key is the password, or else the name.
 * Only the documentation takes it so, since browsers then send it with requests of any page.
 */
function basicKey(headers: Headers): string | undefined {
  const [, encoded] = /^basic ([\w+/=-]+)$/i.exec(headers.get('authorization') ?? '') ?? []
  if (encoded === undefined) return undefined
  const [name, ...password] = Buffer.from(encoded, 'base64').toString().split(':')
  return password.join(':') || name
}

/** For a 401: makes a browser ask. */
export const ASK_FOR_KEY = 'Basic realm="jackfield (password: an API key)", charset="UTF-8"'

/** Another page may link here: it sees nothing of what the browser then shows. */
function linked(headers: Headers): Headers {
  if (headers.get('sec-fetch-mode') !== 'navigate' || headers.get('sec-fetch-dest') !== 'document')
    return headers
  const without = new Headers(headers)
  without.delete('sec-fetch-site')
  return without
}
