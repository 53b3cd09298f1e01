import { type AnyElysia, Elysia } from 'elysia'
import type { RoutesFile } from '../config/file/routes-file.ts'
import type { Gateway } from '../exchange/snapshot.ts'
import { GatewayError } from '../lib/errors.ts'
import { createSecretPlaceholders } from '../redaction/placeholders.ts'
import { type Admit, createAdmit, isOpen } from './access/access.ts'
import { createLockout } from './access/lockout.ts'
import { createMatches } from './access/secret.ts'
import { keys } from './api/api-keys.ts'
import { check } from './api/check.ts'
import { configText } from './api/config.ts'
import { routes } from './api/config-edit.ts'
import { cooldowns } from './api/cooldowns.ts'
import { explain } from './api/explain.ts'
import { requests } from './api/requests.ts'
import type { Context, Endpoint } from './endpoint.ts'
import { describe } from './openapi.ts'
import { ALWAYS, ManagementError } from './reply.ts'

const BASE = '/v0/management'

const ENDPOINTS: readonly Endpoint[] = [
  ...explain,
  ...cooldowns,
  ...requests,
  ...configText,
  ...routes,
  ...check,
  ...keys,
]

export type ManagementOptions = {
  /** The file that serves; undefined: the built-in routes do. Asked for each request. */
  file(): RoutesFile | undefined
  now(): number
  /** Random; placeholders for secrets are good as long as it is the same. */
  salt: Uint8Array
}

/** The API under `/v0/management`; made once, since lockouts outlive snapshots. */
export interface Management {
  /** Its routes over a snapshot. Without a secret they answer as if they were not there. */
  routes(gateway: Gateway): AnyElysia
  /** Lets those in again who presented wrong secrets. Gives how many were out. */
  unlock(): number
}

export function createManagement({ file, now, salt }: ManagementOptions): Management {
  const lockout = createLockout(now)
  const matches = createMatches()
  const placeholders = createSecretPlaceholders(salt)

  return {
    unlock: () => lockout.clear(),
    routes(gateway) {
      const { services, table } = gateway
      const password = services.env.MANAGEMENT_PASSWORD?.trim() || undefined
      const app = new Elysia()
      if (!isOpen(table.management, password)) return nothingHere(app, async () => undefined)
      const admit = createAdmit({
        settings: table.management,
        password,
        lockout,
        matches,
        peerOf: services.peerOf,
      })
      for (const endpoint of ENDPOINTS)
        app.route(
          endpoint.method,
          `${BASE}${endpoint.path}`,
          async ({ request, params }) =>
            (await admit(request)) ??
            (await answered(endpoint, request, params, { gateway, file: file(), placeholders })),
          { parse: 'none', ...describe(endpoint) },
        )
      return nothingHere(app, admit)
    },
  }
}

/** Any other path below: a wrong key is told so there, too. */
function nothingHere(app: Elysia, admit: Admit): AnyElysia {
  const hidden = { parse: 'none', detail: { hide: true } } as const
  const answer = async ({ request }: { request: Request }): Promise<Response> =>
    (await admit(request)) ?? new Response(null, { status: 404, headers: ALWAYS })
  return app.all(BASE, answer, hidden).all(`${BASE}/*`, answer, hidden)
}

async function answered(
  endpoint: Endpoint,
  request: Request,
  params: Record<string, string>,
  context: Context,
): Promise<Response> {
  try {
    return await endpoint.serve(request, params, context)
  } catch (error) {
    if (error instanceof ManagementError) return error.toResponse()
    if (error instanceof GatewayError)
      return new ManagementError(error.status, error.code, error.message).toResponse()
    context.gateway.services.log.write('error', 'a fault in management', {
      cause: error instanceof Error ? error.stack : String(error),
    })
    return new ManagementError(
      500,
      'internal',
      'an unexpected fault; the log has the details',
    ).toResponse()
  }
}
