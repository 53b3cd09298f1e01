export type Level = 'debug' | 'info' | 'warn' | 'error'

export type LogSettings = {
  level: Level
  /** To which the lines go as well. */
  file?: string
  /** Takes secrets out of lines: what upstreams say may hold some. */
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
