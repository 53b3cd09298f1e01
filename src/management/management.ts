import type { AnyElysia } from 'elysia'
import type { RoutesFile } from '../config/routes-file.ts'
import type { Gateway } from '../gateway/gateway.ts'
import type { Handler } from '../gateway/handlers/handler.ts'
import type { Beside, DescribedApp } from '../http/beside.ts'
import { createSecretPlaceholders } from '../redaction/placeholders.ts'
import { createAdmit, isOpen } from './access/access.ts'
import { createLockout } from './access/lockout.ts'
import { createMatches } from './access/secret.ts'
import { BASE, createManagementApp } from './app.ts'
import { ALWAYS, refused } from './error.ts'

type ManagementOptions = {
  /** The file that serves; undefined: the built-in routes do. Asked for each request. */
  file(): RoutesFile | undefined
  now(): number
  /** Random; placeholders for secrets are good as long as it is the same. */
  salt: Uint8Array
}

/** The API under `/v0/management`; made once, since lockouts outlive snapshots. */
export interface Management {
  /** The API over a snapshot. Without a secret it answers as if it were not there. */
  routes(gateway: Gateway): Beside
  /** Ends the lockouts of those who presented wrong secrets. Gives how many there were. */
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
      if (!isOpen(table.management, password)) return { handlers: handlers(absent), apps: [] }
      const admit = createAdmit({
        settings: table.management,
        password,
        lockout,
        matches,
        peerOf: request => services.peerOf(request),
      })
      const context = {
        gateway,
        placeholders,
        get file() {
          return file()
        },
      }
      // Made when it is first called: most snapshots never are.
      let made: AnyElysia | undefined
      const app = (): AnyElysia => {
        made ??= createManagementApp(context, admit)
        return made
      }
      return { handlers: handlers(request => app().fetch(request)), apps: [{ app, ...DESCRIBED }] }
    },
  }
}

const DESCRIBED = {
  access: 'management',
  detail: { tags: ['management'], security: [{ bearer: [] }] },
  response: {
    401: refused('The management key is missing or wrong'),
    403: refused('Locked out after wrong keys, or not from here'),
  },
} as const satisfies Omit<DescribedApp, 'app'>

function absent(): Response {
  return new Response(null, { status: 404, headers: ALWAYS })
}

function handlers(handle: Handler['handle']): Handler[] {
  return [BASE, `${BASE}/*`].map(path => ({
    method: 'ALL',
    path,
    access: 'management',
    title: 'The management API',
    handle,
  }))
}
