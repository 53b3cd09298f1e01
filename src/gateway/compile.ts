import type { Result } from '../config/diagnostic.ts'
import { compileTable } from '../config/index.ts'
import { kinds } from '../providers/index.ts'
import { createGateway, type Gateway } from './gateway.ts'
import type { Services } from './services.ts'

/** Text → gateway. Runs the file's `tests` too; a failing one is an error like any other. */
export function compile(file: string, text: string, services: Services): Result<Gateway> {
  const { env, readFile } = services
  const compiled = compileTable(file, text, { env, readFile, kinds })
  if (!compiled.ok) return compiled
  return { ...compiled, value: createGateway(compiled.value, services) }
}
