import type { Services } from '../exchange/services.ts'
import type { Gateway } from '../exchange/snapshot.ts'
import type { Diagnostic, Result } from '../routing/diagnostic.ts'
import type { ConfigSource, Follower } from '../store/config-source.ts'
import { compile } from './compile.ts'
import type { LastCompiled } from './last-compiled.ts'

/** How long files must keep still where a half-written one would let in callers that are kept out now. */
const GATE_STILL_MS = 2_000

type Verdict = readonly Diagnostic[]

/** Decides when changed routes are compiled, and when they are installed. */
export interface Judge extends Pick<Follower, 'differs' | 'judge'> {
  /** The next call of `judge` compiles in any case. Resolves with its verdict. */
  force(): Promise<Verdict>
  /** The routes are there and compiled, or the source ends: waiting calls of `force` resolve. */
  settle(verdict: Verdict): void
  /** The routes are known to be there. */
  found(): void
}

export type JudgeOptions = {
  source: ConfigSource
  last: LastCompiled
  services: Services
  /** The diagnostics of the last routes that were refused. */
  refused(): Verdict
  /** See `Installer`. */
  opened(compiled: Result<Gateway>): string
  install(name: string, text: string, compiled: Result<Gateway>): Verdict
  relist(): Verdict
}

export function createJudge(options: JudgeOptions): Judge {
  const { source, last, services, refused, opened, install, relist } = options
  const { log } = services
  const waiting: ((verdict: Verdict) => void)[] = []
  let missing = false
  let forced = false
  /** The warning about opened gates that is in the log. */
  let warned = ''

  /** Gives how long the routes must keep still before they are judged again; 0: they are judged. */
  function judgeNow(stillMs: number): number {
    const now = source.current()
    if (now?.text === undefined) return settled(vanished(now?.name))
    const { name, text } = now
    missing = false
    if (!forced && !last.differs(text)) return settled(refused())
    const compiled = compile(name, text, services)
    const gates = opened(compiled)
    if (gates === '' || stillMs >= GATE_STILL_MS) return settled(install(name, text, compiled))
    if (warned !== gates)
      log.write(
        'warn',
        `${name}: ${gates}; in force once the file has kept still for ${GATE_STILL_MS / 1000} s`,
      )
    warned = gates
    return GATE_STILL_MS
  }

  function settled(verdict: Verdict): 0 {
    forced = false
    warned = ''
    for (const resolve of waiting.splice(0)) resolve(verdict)
    return 0
  }

  /** `name` is undefined while built-in routes serve: without a file nothing is missing. */
  function vanished(name: string | undefined): Verdict {
    if (name === undefined) return forced ? relist() : refused()
    if (!missing)
      log.write('warn', `${name} is gone; the last good routes stay in force until it is back`)
    missing = true
    return refused()
  }

  return {
    differs() {
      const now = source.current()
      if (now?.text === undefined) return now !== undefined && !missing
      return last.differs(now.text)
    },
    judge(stillMs) {
      try {
        return judgeNow(stillMs)
      } catch (error) {
        log.write('error', `reload failed: ${String(error)}`)
        return settled(refused())
      }
    },
    force() {
      forced = true
      return new Promise(resolve => waiting.push(resolve))
    },
    settle: settled,
    found() {
      missing = false
    },
  }
}
