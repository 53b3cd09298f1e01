import { version } from '../version.ts'
import type { Io } from './io.ts'

export async function run(_args: readonly string[], io: Io): Promise<number> {
  io.stdout(`jackfield ${version} (Bun ${Bun.version}, ${process.platform}-${process.arch})\n`)
  return 0
}
