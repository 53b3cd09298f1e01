/** What happens in a long session, in order. */
import type { Call, Protocol, Tool } from '../upstream/dialect.ts'
import type { FaultStatus } from '../upstream/failure.ts'
import { delegateCall, lookCall, shellCall } from '../upstream/tool-calls.ts'

/** One step of the scripted model: what it calls, and how it is known that the results came back. */
export type Move = {
  name: string
  /** Empty: this agent has no tool for it, the move is left out. */
  calls(tools: Tool[]): Call[]
  /** What the next request must hold; every word is the output of a call and stands in none. */
  evidence: (string | RegExp)[]
  /** Evidence that some agents never send, or forget with a compaction, is noted, not demanded. */
  optional?: true
  /** The results may come with a later request: Claude Code's sub-agents work in the background. */
  late?: true
  /** Goes wrong once, before the move is made. */
  fault?: { status: FaultStatus } | { silentMs: number } | 'cut'
  /** Happens while the agent runs the call. */
  meanwhile?: 'restart' | { switchTo: Protocol }
  /** The reply says that the context is nearly full. */
  full?: true
}

/** A word that the command puts together: it is in the output alone. */
const printing = (word: string): string => {
  const half = Math.ceil(word.length / 2)
  return `printf %s ${word.slice(0, half)}; printf %s ${word.slice(half)}`
}

/** Qwen Code refuses a plain "sleep", and misses output of commands that end at once. */
const pausing = (seconds: number): string => `timeout ${seconds} tail -f /dev/null || true`
const LINGER_S = 0.2

const compact = (calls: (Call | undefined)[]): Call[] => calls.filter(call => call !== undefined)

/** Commands in the agent's shell, all in one turn. */
function run(name: string, words: string[], more: Partial<Move> = {}, pauseS = 0): Move {
  const pause = pauseS > 0 ? `${pausing(pauseS)}; ` : ''
  return {
    name,
    calls: tools =>
      compact(
        words.map(word => shellCall(tools, `${pause}${printing(word)}; ${pausing(LINGER_S)}`)),
      ),
    evidence: words,
    ...more,
  }
}

const IMAGE = /data:image\/|"(media_type|mimeType|mime_type)":"image\//
/** Long enough for a gateway to restart, or to take over a changed file. */
const MEANWHILE_S = 3
/** A gateway that keeps alive every second is silent this long, as at 15 s for a minute. */
const SILENT_MS = 4_000

export const SUB_PROMPT = '[[sub]] Say what you find.'
export const SUB_ANSWER = 'SUBAGENT-FOUND-IT'

/** `cut`: whether a stream is torn. `home` is the protocol that the session begins with, `away` the one it goes to and back from. */
export function planOf(home: Protocol, away: Protocol, image: string, cut: boolean): Move[] {
  return [
    run('parallel calls', ['FIRST-11', 'SECOND-12', 'THIRD-13']),
    {
      name: 'a tool that fails',
      calls: tools =>
        compact([
          shellCall(tools, `{ ${printing('BROKEN-21')}; } >&2; ${pausing(LINGER_S)}; exit 3`),
        ]),
      evidence: ['BROKEN-21'],
    },
    {
      name: 'a picture',
      calls: tools => compact([lookCall(tools, image)]),
      evidence: [IMAGE],
      optional: true,
    },
    {
      name: 'a sub-agent',
      calls: tools => compact([delegateCall(tools, SUB_PROMPT)]),
      evidence: [SUB_ANSWER],
      late: true,
    },
    run('after a 429', ['LIMITED-31'], { fault: { status: 429 } }),
    run('after a 529', ['OVERLOADED-32'], { fault: { status: 529 } }),
    run('after a silence', ['SILENT-33'], { fault: { silentMs: SILENT_MS } }),
    ...(cut ? [run('after a cut', ['TORN-34'], { fault: 'cut' })] : []),
    run('over a restart', ['RESTARTED-41'], { meanwhile: 'restart' }, MEANWHILE_S),
    run('into another protocol', ['LEAVING-42'], { meanwhile: { switchTo: away } }, MEANWHILE_S),
    run('in another protocol', ['ABROAD-43', 'ABROAD-44']),
    run('back again', ['RETURNING-45'], { meanwhile: { switchTo: home } }, MEANWHILE_S),
    run('at home again', ['BACK-46']),
    run('a full context', ['FULL-51'], { full: true, optional: true }),
    run('behind a full context', ['FRESH-52']),
  ]
}

/** After a compaction that was asked for, and after an abort, in the same session. */
export const epilogue = (): Move[] => [run('later on', ['RESUMED-61', 'RESUMED-62'])]
