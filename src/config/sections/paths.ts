import { dirname, isAbsolute, join } from 'node:path'

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
