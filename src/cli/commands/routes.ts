import { gatewayOver } from '../../gateway/compile.ts'
import { type ListedRoute, listRoutes } from '../../http/routes.ts'
import { createManagement } from '../../management/management.ts'
import { command } from '../arguments.ts'
import { columns } from '../columns.ts'
import { idleServices } from '../idle-services.ts'
import { compiledRoutes } from '../load-routes.ts'

const HELP = `usage: jackfield routes [--routes FILE] [--json]

Prints every path that the gateway serves: method, path, who may call, protocol and what it does.

  callers         as api-keys says
  documentation   the same; without api-keys this machine only
  loopback        this machine only
  management      with the management secret; not listed where there is none
  public          every caller
`

const OPTIONS = {
  routes: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

const USAGE = { name: 'routes', help: HELP, options: OPTIONS } as const

export const run = command(USAGE, ({ values }, io) => {
  const table = compiledRoutes('routes', values.routes, 'give another --routes', io)
  if (!table) return 1
  const services = idleServices(io)
  const gateway = gatewayOver(table, services)
  const management = createManagement({
    file: () => undefined,
    now: services.now,
    salt: new Uint8Array(32),
  })
  const routes = listRoutes(gateway, [management.routes(gateway)])
  io.stdout(values.json ? `${JSON.stringify(routes, null, 2)}\n` : routesText(routes))
  return 0
})

function routesText(routes: readonly ListedRoute[]): string {
  const rows = routes.map(({ method, path, access, protocol = '-', title }) => [
    method,
    path,
    access,
    protocol,
    title,
  ])
  return columns(rows)
    .map(line => `${line}\n`)
    .join('')
}
