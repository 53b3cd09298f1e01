import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Recorder } from '../../exchange/recording.ts'
import { reasonOf } from '../../lib/thrown.ts'
import { redactorOf, type Snapshot } from '../../redaction/snapshot-secrets.ts'
import type { RecordFolder } from '../../store/record-folder.ts'
import { createCapture } from './capture.ts'
import { createRecording, isFailure, outcomeOf, type Recorded } from './recording.ts'
import { LIMITS, render } from './render.ts'

export type RecorderOptions = {
  folder: RecordFolder
  now(): number
  warn(message: string): void
}

/** Replies and requests that may be held in memory at a time, for all records together. */
const MAX_HELD = 100_000_000

export function createRecorder({ folder, now, warn }: RecorderOptions): Recorder {
  let held = 0
  let writing: Promise<void> = Promise.resolve()
  const complaints = new Set<string>()

  function complain(about: string, message: string): void {
    if (complaints.has(about)) return
    complaints.add(about)
    warn(message)
  }

  async function write(recorded: Recorded, snapshot: Snapshot): Promise<void> {
    // The end of the reply goes to the client first.
    await nextTurn()
    await recorded.progress?.billing
    const text = render(recorded, redactorOf(snapshot))
    const name = `${outcomeOf(recorded)}-${recorded.inbound.requestId}`
    await folder.write({ atMs: recorded.startedAtMs, name, text })
  }

  function enqueue(recorded: Recorded, snapshot: Snapshot): void {
    const bytes = sizeOf(recorded)
    if (held + bytes > MAX_HELD) {
      complain('too much', 'more requests are recorded than can be written; some are left out')
      release(recorded)
      return
    }
    held += bytes
    writing = writing
      .then(() => write(recorded, snapshot))
      .catch((error: unknown) => {
        const reason = reasonOf(error)
        complain(
          'cannot write',
          `a request cannot be recorded (${reason}); free some space, set JACKFIELD_HOME to a folder that can be written, or write logging.requests: off`,
        )
      })
      .finally(() => {
        held -= bytes
        release(recorded)
      })
  }

  function release({ reply }: Recorded): void {
    held -= reply.held
  }

  return {
    begin(snapshot, inbound) {
      const room = (bytes: number): boolean => {
        if (held + bytes > MAX_HELD) return false
        held += bytes
        return true
      }
      return createRecording({
        inbound,
        now,
        capture: createCapture(LIMITS.reply, room),
        ended(recorded) {
          const { requests } = snapshot.table.logging
          if (requests === 'all' || isFailure(recorded)) enqueue(recorded, snapshot)
          else release(recorded)
        },
      })
    },
    sweep: () => folder.sweep().catch(() => {}),
    settled: () => writing,
  }
}

/** Of what waits to be written, beside the reply. */
function sizeOf({ inbound, attempts }: Recorded): number {
  const bodies = new Set([inbound.inbound.body, ...attempts.map(({ body }) => body)])
  return [...bodies].reduce((sum, body) => sum + body.length, 0)
}
