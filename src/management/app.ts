import { KindGuard } from '@sinclair/typebox'
import { type ValueError, ValueErrorType } from '@sinclair/typebox/errors'
import { type AnyElysia, Elysia, ParseError, ValidationError } from 'elysia'
import { GatewayError } from '../lib/errors.ts'
import type { Log } from '../lib/log.ts'
import type { Admit } from './access/access.ts'
import { keys } from './api/api-keys.ts'
import { check } from './api/check.ts'
import { configText } from './api/config.ts'
import { routes } from './api/config-edit.ts'
import { cooldowns } from './api/cooldowns.ts'
import { explain } from './api/explain.ts'
import { requests } from './api/requests.ts'
import type { Context } from './context.ts'
import { ALWAYS, ManagementError } from './error.ts'

export const BASE = '/v0/management'

/** Every endpoint below `BASE`. A new one is a file, and an entry here. */
const API: readonly ((context: Context) => AnyElysia)[] = [
  explain,
  cooldowns,
  requests,
  configText,
  routes,
  check,
  keys,
]

/** The management API over one snapshot. Bodies, queries and answers are checked by Elysia's schemas. */
export function createManagementApp(context: Context, admit: Admit): AnyElysia {
  const { log } = context.gateway.services
  const app = new Elysia({
    prefix: BASE,
    // What an endpoint does not know is refused, not taken out.
    normalize: false,
  })
    .headers(ALWAYS)
    .onRequest(({ request }) => admit(request))
    .onError(({ error, code }) =>
      code === 'NOT_FOUND' ? new Response(null, { status: 404 }) : errorResponse(error, log),
    )
  for (const endpoints of API) app.use(endpoints(context))
  return app.compile()
}

function errorResponse(error: unknown, log: Log): Response {
  if (error instanceof ParseError) return errorResponse(error.cause, log)
  if (error instanceof ValidationError && error.type !== 'response')
    return invalid(error).toResponse()
  if (error instanceof ManagementError) return error.toResponse()
  if (error instanceof GatewayError)
    return new ManagementError(error.status, error.code, error.message).toResponse()
  log.write('error', 'a fault in management', {
    cause: error instanceof Error ? error.stack : String(error),
  })
  return new ManagementError(
    500,
    'internal',
    'an unexpected fault; the log has the details',
  ).toResponse()
}

/** Complaints name the place, never the value. */
function invalid({ type, valueError }: ValidationError): ManagementError {
  const code = type === 'query' ? 'invalid_query' : 'invalid_body'
  const fault: ValueError | undefined = valueError
  if (!fault) return new ManagementError(400, code, 'it is not what this endpoint takes')
  const place = fault.path.slice(1).replaceAll('/', '.')
  if (type === 'query' && fault.type === ValueErrorType.ObjectAdditionalProperties)
    return new ManagementError(
      400,
      code,
      `there is no "${place}" to ask by; known: ${Object.keys(fault.schema.properties ?? {}).join(', ') || 'none'}`,
    )
  return new ManagementError(400, code, `${place ? `${place}: ` : ''}${complaint(fault)}`)
}

function complaint({ schema, type, message }: ValueError): string {
  if (type === ValueErrorType.ObjectRequiredProperty) return 'is missing'
  if (!KindGuard.IsUnion(schema)) return message.toLowerCase()
  const kinds = new Set(
    schema.anyOf.map(branch => String(KindGuard.IsLiteral(branch) ? branch.const : branch.type)),
  )
  // A switch may be written without a value.
  kinds.delete('')
  return `expected ${kinds.size > 1 ? 'one of ' : ''}${[...kinds].join(', ')}`
}
