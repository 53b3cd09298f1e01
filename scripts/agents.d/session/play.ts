/** The scripted model of a long session: makes the next move once the last one's results are there. */
import type { Tool } from '../upstream/dialect.ts'
import type { Play, Step } from '../upstream/index.ts'
import { type Json, list, random, record } from '../upstream/json.ts'
import { shellCall } from '../upstream/tool-calls.ts'
import { type Move, SUB_ANSWER } from './plan.ts'

export type SessionPlay = Play & {
  /** Moves to make from now on. */
  begin(moves: Move[]): void
  /** Every reply stops in the middle, until the given function is called. */
  hold(): () => void
  /** The move that waits for its results; undefined: all are made. */
  waitingFor(): string | undefined
  /** The next request may ask for a summary. */
  expectCompaction(): void
  compacted(): boolean
  /** Calls whose results were late, and never came. */
  neverAnswered(): string[]
  faults: Set<string>
  notes: Set<string>
}

/** `meanwhile` does what a move wants done while its call runs. */
export function sessionPlay(
  fullAt: number,
  meanwhile: (what: NonNullable<Move['meanwhile']>) => void,
): SessionPlay {
  const faults = new Set<string>()
  const notes = new Set<string>()
  let moves: Move[] = []
  let made: Move | undefined
  let holding = false
  let full = false
  let compacted = false
  const gone = new Set<string>()
  const late = new Set<Move>()

  const turn = (text: string): Step => ({ turn: { thought: thought(), text, calls: [] } })

  function missing(move: Move, text: string): string[] {
    return move.evidence
      .filter(word => (typeof word === 'string' ? !text.includes(word) : !word.test(text)))
      .map(String)
  }

  /** The results of the last move are there, or have been lost. */
  function settle(text: string): void {
    if (!made) return
    if (made.late) late.add(made)
    const lost = made.late ? [] : missing(made, text)
    const said = `${made.name}: ${lost.join(', ')} did not come back`
    if (lost.length > 0) (made.optional ? notes : faults).add(said)
    moves.shift()
    made = undefined
  }

  function next(tools: Tool[]): Step {
    for (let move = moves[0]; move; move = moves[0]) {
      const calls = move.calls(tools)
      if (calls.length === 0) {
        notes.add(`${move.name}: this agent has no tool for it`)
        moves.shift()
        continue
      }
      const { fault } = move
      if (fault && !gone.has(move.name)) {
        gone.add(move.name)
        if (fault !== 'cut' && 'status' in fault) return fault
        // Without a thought: a torn stream must not leave a reasoning item without company.
        const told = { thought: '', text: rambling() }
        if (fault === 'cut')
          return { turn: { ...told, calls }, how: 'in the middle, the connection breaks' }
        return begun(move, calls, { how: 'after a silence', silentMs: fault.silentMs })
      }
      return begun(move, calls, {})
    }
    return turn('DONE')
  }

  function begun(
    move: Move,
    calls: readonly ReturnType<Move['calls']>[number][],
    more: object,
  ): Step {
    made = move
    if (move.meanwhile) meanwhile(move.meanwhile)
    if (move.full) full = true
    const tokens = move.full ? { tokens: fullAt } : {}
    return {
      turn: { thought: thought(), text: `Now: ${move.name} – één 🛠️`, calls, ...tokens },
      ...more,
    }
  }

  return {
    faults,
    notes,
    begin(more) {
      moves = [...more]
      made = undefined
    },
    hold() {
      holding = true
      return () => {
        holding = false
      }
    },
    waitingFor: () => moves[0]?.name,
    expectCompaction() {
      full = true
    },
    compacted: () => compacted,
    neverAnswered: () => [...late].map(({ name }) => name),
    step(dialect, body) {
      const tools = dialect.tools(body)
      const text = JSON.stringify(body)
      const last = lastText(body)
      if (last.includes('[[sub]]')) return turn(SUB_ANSWER)
      if (full && /summar|compact|compress|snapshot|handoff|hand-off/i.test(last)) {
        compacted = true
        full = false
        const summary = `The task goes on. ${evidenceSoFar(text)}`
        const reply = `<summary>${summary}</summary><state_snapshot>${summary}</state_snapshot>`
        return { turn: { thought: thought(), text: reply, calls: [], tokens: fullAt } }
      }
      if (!shellCall(tools, 'true')) return turn('A short title')
      if (holding)
        return {
          turn: { thought: '', text: rambling(), calls: [] },
          how: 'it stops in the middle',
        }
      settle(text)
      for (const move of late) if (missing(move, text).length === 0) late.delete(move)
      return next(tools)
    },
  }
}

/** Long, and never the same twice: agents stop a model that repeats itself. */
const rambling = (): string => Array.from({ length: 60 }, () => random(9)).join(' ')

const thought = (): string => `Let me see… ${random(8)}.`

/** Words that were there before a compaction are there after it. */
const evidenceSoFar = (text: string): string =>
  [...new Set(text.match(/[A-Z]+-\d\d/g) ?? [])].join(' ')

/** The text of the last message, in any protocol; the tools' definitions left out. */
function lastText(body: Json): string {
  const messages = [body.messages, body.input, body.contents].find(Array.isArray)
  const last = list(messages).findLast(one => one.role !== 'system' && one.role !== 'developer')
  return JSON.stringify(record(last))
}
