import { Elysia } from 'elysia'
import type { Gateway } from '../gateway/gateway.ts'
import { methodsByPath, refuseCollisions, shadowedRoutes } from '../gateway/handlers/create.ts'
import { refusal, spokenBy, unknownPath } from '../gateway/handlers/refusal.ts'
import type { Beside } from './beside.ts'
import { documentationHandlers } from './documentation.ts'

/**
 * One snapshot's application: its handlers, mounted. `beside`: what else is served there. Bodies
 * stay bytes (`parse: 'none'`): handlers read them.
 */
export function buildApp(gateway: Gateway, beside: readonly Beside[] = []) {
  const handlers = [
    ...gateway.handlers,
    ...documentationHandlers(gateway, beside),
    ...beside.flatMap(({ handlers }) => handlers),
  ]
  refuseCollisions(handlers)
  const methods = methodsByPath(handlers)
  const unknown = ({ request }: { request: Request }): Response =>
    unknownPath(gateway, request, methods.get(new URL(request.url).pathname))
  const app = new Elysia({ name: 'jackfield' })
  for (const { method, path, handle } of handlers)
    app.route(method, path, ({ request, params }) => handle(request, params), { parse: 'none' })
  for (const { method, path } of shadowedRoutes(handlers))
    app.route(method, path, unknown, { parse: 'none' })
  app.all('/*', unknown).onError(({ request, error }) => refusal(gateway, spokenBy(request), error))
  // Composed here, once: Elysia would do it again for every request.
  return app.compile()
}

export type App = ReturnType<typeof buildApp>
