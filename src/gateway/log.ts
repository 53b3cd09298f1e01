const LEVELS = { debug: 10, info: 20, warn: 30, error: 40 } as const

export type Level = keyof typeof LEVELS

/** Lines for people, on stderr. `detail` members follow the message as `name=value`. */
export interface Log {
  level: Level
  /** Whether a line of this level would be written. */
  writes(level: Level): boolean
  write(level: Level, message: string, detail?: Record<string, string | number | undefined>): void
  flush(): void
}

/** Lines are gathered for a moment: a write per request would cost more than routing it. */
const GATHER_MS = 50

export function createLog(write: (text: string) => void, now: () => number): Log {
  let pending = ''
  let timer: ReturnType<typeof setTimeout> | undefined
  const flush = (): void => {
    if (timer) clearTimeout(timer)
    timer = undefined
    const text = pending
    pending = ''
    if (text) write(text)
  }
  return {
    level: 'info',
    writes(level) {
      return LEVELS[level] >= LEVELS[this.level]
    },
    write(level, message, detail) {
      if (LEVELS[level] < LEVELS[this.level]) return
      pending += `${new Date(now()).toISOString()} ${level} ${message}${detailText(detail)}\n`
      timer ??= setTimeout(flush, GATHER_MS)
    },
    flush,
  }
}

function detailText(detail: Record<string, string | number | undefined> | undefined): string {
  let text = ''
  for (const [name, value] of Object.entries(detail ?? {})) {
    if (value !== undefined) text += ` ${name}=${oneLine(value)}`
  }
  return text
}

/** Values come from clients and upstreams: no line breaks or control characters reach the log. */
function oneLine(value: string | number): string {
  if (typeof value === 'number') return String(value)
  return /^[\w./:@+*()-]*$/.test(value) ? value : JSON.stringify(value.slice(0, 500))
}
