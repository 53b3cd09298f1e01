/** The short play: think, have a file written by the client's own tool, say DONE when it is. */
import type { Dialect, Turn } from './dialect.ts'
import type { Play } from './index.ts'
import { type Json, random } from './json.ts'
import { writeCall } from './tool-calls.ts'

export function taskPlay(file: string, word: string): Play & { finished(): boolean } {
  let done = false

  function turnFor(dialect: Dialect, body: Json): Turn {
    const thought = `Let me see… ${random(8)}.`
    if (dialect.answered(body)) {
      done = true
      return { thought, text: 'DONE', calls: [] }
    }
    const call = writeCall(dialect.tools(body), file, word)
    if (call) return { thought, text: 'I will write the file – één moment… 🛠️', calls: [call] }
    return { thought, text: 'A short title', calls: [] }
  }

  return {
    step: (dialect, body) => ({ turn: turnFor(dialect, body) }),
    finished: () => done,
  }
}
