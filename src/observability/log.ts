import type { Level, Log } from '../lib/log.ts'
import { createLogFile, type LogFile } from '../store/log-file.ts'

const LEVELS = { debug: 10, info: 20, warn: 30, error: 40 } as const satisfies Record<Level, number>

/** Lines are gathered for a moment: a write per request would cost more than routing it. */
const GATHER_MS = 50

export function createLog(write: (text: string) => void, now: () => number): Log {
  let level: Level = 'info'
  let file: LogFile | undefined
  let clean = (text: string): string => text
  let pending = ''
  let timer: ReturnType<typeof setTimeout> | undefined
  const line = (of: Level, message: string, detail = ''): string =>
    `${new Date(now()).toISOString()} ${of} ${message}${detail}\n`
  const flush = (): void => {
    if (timer) clearTimeout(timer)
    timer = undefined
    if (!pending) return
    const text = clean(pending)
    pending = ''
    write(text)
    file?.append(text)
  }
  return {
    get level() {
      return level
    },
    follow(settings) {
      flush()
      level = settings.level
      clean = settings.clean ?? (text => text)
      const { file: path } = settings
      if (path === file?.path) return
      // Past the log itself: it would come back here.
      file = path === undefined ? undefined : createLogFile(path, what => write(line('warn', what)))
    },
    writes(of) {
      return LEVELS[of] >= LEVELS[level]
    },
    write(of, message, detail) {
      if (LEVELS[of] < LEVELS[level]) return
      pending += line(of, message, detailText(detail))
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
