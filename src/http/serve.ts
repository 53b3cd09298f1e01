import type { Live } from '../gateway/live.ts'
import type { App } from './app.ts'
import { listedOrigin, preflight, readableBy } from './cors.ts'

/** Answers a request by the snapshot in force, for web pages of listed origins too. */
export async function serveRequest(live: Live<App>, request: Request): Promise<Response> {
  const { app, gateway } = live.current
  const origin = listedOrigin(request, gateway.table.server.origins)
  if (origin === undefined) return unsniffed(await app.fetch(request))
  if (request.method === 'OPTIONS') return preflight(request, origin)
  return readableBy(unsniffed(await app.fetch(request)), origin)
}

/** An answer that browsers take for nothing but what its content type says. */
export function unsniffed(response: Response): Response {
  response.headers.set('x-content-type-options', 'nosniff')
  return response
}
