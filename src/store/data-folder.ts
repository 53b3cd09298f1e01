import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where the gateway of this user stores its files. */
export function dataFolder(env: Record<string, string | undefined>): string {
  return env.JACKFIELD_HOME?.trim() || join(homedir(), '.jackfield')
}

/** Where it stores logs and records of exchanges. */
export function logsFolder(env: Record<string, string | undefined>): string {
  return join(dataFolder(env), 'logs')
}
