export type Level = 'debug' | 'info' | 'warn' | 'error'

type LogSettings = {
  level: Level
  /** A file to which the lines are written as well as to stderr. */
  file?: string
  /** Redacts lines: what upstreams send may hold secrets. */
  clean?(text: string): string
}

/** Lines for people, on stderr. `detail` members follow the message as `name=value`. */
export interface Log {
  readonly level: Level
  follow(settings: LogSettings): void
  /** Whether a line of this level would be written. */
  writes(level: Level): boolean
  write(level: Level, message: string, detail?: Record<string, string | number | undefined>): void
  flush(): void
}
