import { isLocalHost } from '../../lib/net/host-name.ts'
import { isIpAddress } from '../../lib/net/ip-address.ts'
import type { ServerSettings } from '../../routing/table.ts'
import type { Report } from '../diagnostics/report.ts'
import { SERVER } from '../schema/defaults.ts'
import type { Document } from '../schema/routes.ts'
import { parseDuration, parseSize } from '../schema/units.ts'
import type { Interpolated } from '../yaml/interpolate.ts'
import { besideRoutes } from './paths.ts'

/** `unknownKeys`: some API keys are left out for mistakes of their own. */
export function readServer(
  document: Document,
  unknownKeys: boolean,
  routesFile: string,
  services: { env: Record<string, string | undefined>; readFile(path: string): string },
  interpolated: Interpolated,
  report: Report,
): ServerSettings {
  const { server = {} } = document
  checkOpenness(document, unknownKeys, report)
  const pem = (name: 'cert' | 'key'): string => {
    const file = besideRoutes(routesFile, server.tls?.[name] ?? '', services.env)
    interpolated.files.push(file)
    try {
      return services.readFile(file)
    } catch {
      report.error(
        ['server', 'tls', name],
        `the file ${file} cannot be read`,
        'write the path of a PEM file; it is looked for beside this one',
      )
      return ''
    }
  }
  return {
    host: server.host ?? SERVER.host,
    port: server.port ?? SERVER.port,
    openToAll: server['open-to-all'] ?? SERVER.openToAll,
    origins: (server.origins ?? SERVER.origins).map(origin => origin.toLowerCase()),
    tls: server.tls && { cert: pem('cert'), key: pem('key') },
    bodyLimitBytes: parseSize(server['body-limit']) ?? SERVER.bodyLimitBytes,
    replyLimitBytes: parseSize(server['reply-limit']) ?? SERVER.replyLimitBytes,
    shutdownGraceMs: parseDuration(server['shutdown-grace']) ?? SERVER.shutdownGraceMs,
  }
}

/** Reports a listener that other machines reach while no API key protects it. */
function checkOpenness(
  { server = {}, 'api-keys': keys = [] }: Document,
  unknownKeys: boolean,
  report: Report,
): void {
  const host = server.host ?? SERVER.host
  const open = server['open-to-all'] ?? SERVER.openToAll
  if (keys.length > 0) {
    if (open)
      report.warn(
        ['server', 'open-to-all'],
        'means nothing while there are api-keys: callers need one',
        'take it out',
      )
    return
  }
  if (open || unknownKeys || isLocalHost(host)) return
  const path = ['server', 'host']
  if (host === '*' || isIpAddress(host))
    report.error(
      path,
      `${host} lets other machines in, and without api-keys they would need none`,
      OPEN_REMEDY,
    )
  // Where a name leads is known on the machine that listens: it is looked up at the start.
  else
    report.warn(
      path,
      `unless ${host} is a name of this machine alone, it lets other machines in, and without api-keys they would need none`,
      OPEN_REMEDY,
    )
}

/** What to do about a listener that others reach while there are no api-keys. */
export const OPEN_REMEDY =
  'add api-keys ("jackfield key NAME" makes one), listen on 127.0.0.1, or write server.open-to-all: true to admit all'
