import { SERVER } from './defaults.ts'
import type { Document } from './document.ts'
import { besideRoutes } from './files.ts'
import type { Interpolated } from './interpolate.ts'
import type { Report } from './report.ts'
import type { ServerSettings } from './table.ts'
import { parseDuration, parseSize } from './values.ts'

export function readServer(
  { server = {} }: Document,
  routesFile: string,
  services: { env: Record<string, string | undefined>; readFile(path: string): string },
  interpolated: Interpolated,
  report: Report,
): ServerSettings {
  const pem = (name: 'cert' | 'key'): string => {
    const file = besideRoutes(routesFile, server.tls?.[name] ?? '', services.env)
    interpolated.files.push(file)
    try {
      return services.readFile(file)
    } catch {
      report.error(
        ['server', 'tls', name],
        'value',
        `the file ${file} cannot be read`,
        'write the path of a PEM file; it is looked for beside this one',
      )
      return ''
    }
  }
  return {
    host: server.host ?? SERVER.host,
    port: server.port ?? SERVER.port,
    ...(server.tls ? { tls: { cert: pem('cert'), key: pem('key') } } : {}),
    bodyLimitBytes: parseSize(server['body-limit']) ?? SERVER.bodyLimitBytes,
    shutdownGraceMs: parseDuration(server['shutdown-grace']) ?? SERVER.shutdownGraceMs,
  }
}
