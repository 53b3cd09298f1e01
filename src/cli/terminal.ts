/** What a command can touch; tests give their own. */
export type Io = {
  stdout(text: string): void
  stderr(text: string): void
  env: Record<string, string | undefined>
  cwd: string
  /** Throws where there is no such file. */
  readFile(path: string): string
}

/** Gives the process's exit code. */
export type Command = (args: readonly string[], io: Io) => Promise<number>

/** A command as `jackfield help` lists it. It is loaded when it is asked for. */
export type CommandEntry = {
  /** Its name and what it takes. */
  usage: string
  summary: string
  load(): Promise<{ run: Command }>
}

/** Prints why a command cannot do its work, and its help where that is given. Gives the exit code. */
export function refuse(command: string, why: string, io: Io, help = ''): number {
  io.stderr(`jackfield ${command}: ${why}\n${help}`)
  return 1
}
