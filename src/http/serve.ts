import type { Live } from '../gateway/live.ts'
import type { App } from './app.ts'
import { listedOrigin, preflight, readableBy } from './cors.ts'

/** Answers a request by the snapshot in force, for web pages of listed origins too. */
export function serveRequest(live: Live<App>, request: Request): Response | Promise<Response> {
  const { app, gateway } = live.current
  const { origins } = gateway.table.server
  const origin = origins.length > 0 ? listedOrigin(request, origins) : undefined
  if (origin !== undefined) return serveOrigin(app, request, origin)
  const answer: Response | Promise<Response> = app.fetch(request)
  return answer instanceof Promise ? answer.then(unsniffed) : unsniffed(answer)
}

async function serveOrigin(app: App, request: Request, origin: string): Promise<Response> {
  if (request.method === 'OPTIONS') return preflight(request, origin)
  return readableBy(unsniffed(await app.fetch(request)), origin)
}

/** An answer that browsers take for nothing but what its content type says. */
export function unsniffed(response: Response): Response {
  response.headers.set('x-content-type-options', 'nosniff')
  return response
}
