import { join } from 'node:path'
import type { LoggingSettings, UsageSettings } from '../../routing/table.ts'
import { logsFolder } from '../../store/data-folder.ts'
import type { Report } from '../diagnostics/report.ts'
import { LOGGING, USAGE } from '../schema/defaults.ts'
import type { Document } from '../schema/routes.ts'
import { parseDuration } from '../schema/units.ts'
import { besideRoutes } from './paths.ts'

type Env = Record<string, string | undefined>

export function readLogging(
  { logging = {} }: Document,
  routesFile: string,
  env: Env,
): LoggingSettings {
  const file = logFile(logging.file ?? LOGGING.file, routesFile, env)
  return {
    level: logging.level ?? LOGGING.level,
    file,
    // YAML of before 2009 reads `off` as false, and some editors write it so.
    requests: logging.requests === false ? 'off' : (logging.requests ?? LOGGING.requests),
  }
}

function logFile(written: string | boolean, routesFile: string, env: Env): string | undefined {
  if (written === false) return undefined
  if (written === true) return join(logsFolder(env), 'jackfield.log')
  return besideRoutes(routesFile, written, env)
}

const DAY_MS = 86_400_000

export function readUsage({ usage = {} }: Document, report: Report): UsageSettings {
  const keepMs = parseDuration(usage.keep) ?? USAGE.keepMs
  if (keepMs < DAY_MS)
    report.error(
      ['usage', 'keep'],
      'less than a day is not worth keeping',
      'write 1d or more, or enabled: false',
    )
  return { enabled: usage.enabled ?? USAGE.enabled, keepMs }
}
