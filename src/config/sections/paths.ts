import { dirname, isAbsolute, join } from 'node:path'
import { dataFolder } from '../../store/data-folder.ts'

/** Where a file that routes.yaml names is: beside routes.yaml, unless its path is absolute or begins with `~/`. */
export function besideRoutes(
  routesFile: string,
  written: string,
  env: Record<string, string | undefined>,
): string {
  if (isAbsolute(written)) return written
  const home = env.HOME ?? env.USERPROFILE
  if (written.startsWith('~/') && home) return join(home, written.slice(2))
  return join(dirname(routesFile), written)
}

/** The folder of account files: `auth-dir`. */
export function authFolder(
  { 'auth-dir': written }: { 'auth-dir'?: string },
  routesFile: string,
  env: Record<string, string | undefined>,
): string {
  return written === undefined
    ? join(dataFolder(env), 'auth')
    : besideRoutes(routesFile, written, env)
}
