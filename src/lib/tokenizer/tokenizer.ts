import { Worker } from 'node:worker_threads'
import { type After, after } from '../timer.ts'
import type { Counted } from './count-texts.ts'

/** What the worker is sent, and what it sends back. */
export type Question = { id: number; texts: readonly string[] }
type Answer = Counted & { id: number }

/**
 * Counts tokens in a thread of its own: neither loading the ranks, which takes half a second, nor a
 * long count holds up the loop.
 */
interface Tokenizer {
  /**
   * Tokens of the texts, as far as they were counted: nothing where the worker cannot start, dies,
   * or has too much to do. Never rejects, and keeps the
   * process alive until it resolves.
   */
  count(texts: readonly string[]): Promise<Counted>
}

/** Waiting at once, in UTF-16 units: a second or two of work. Beyond it length has to do. */
const MAX_WAITING_CHARACTERS = 2_000_000
/** A worker that died so often is not started again. */
const MAX_DEATHS = 3
/** Its ranks take 50 to 70 MB, and half a second of work to load again (2026-11). */
const IDLE_MS = 60_000

const NOTHING: Counted = { tokens: 0, characters: 0 }

type Waiting = { characters: number; resolve: (counted: Counted) => void }

/**
 * `script`: where the worker's code is. It starts with the first count, and ends with the process or
 * when nothing was counted for a minute.
 */
export function createTokenizer(script: URL, startTimer: After = after): Tokenizer {
  const waiting = new Map<number, Waiting>()
  let worker: Worker | undefined
  let deaths = 0
  let lastId = 0
  let characters = 0
  let stopTimer = (): void => {}

  function answer(id: number, counted: Counted): void {
    const question = waiting.get(id)
    if (!question) return
    waiting.delete(id)
    characters -= question.characters
    if (waiting.size === 0 && worker) rest(worker)
    question.resolve(counted)
  }

  /** The process may end while nothing is counted. */
  function rest(idle: Worker): void {
    idle.unref()
    stopTimer = startTimer(IDLE_MS, () => {
      if (worker !== idle) return
      worker = undefined
      void idle.terminate()
    })
  }

  function lost(dead: Worker): void {
    if (worker !== dead) return
    worker = undefined
    deaths++
    void dead.terminate()
    for (const id of [...waiting.keys()]) answer(id, NOTHING)
  }

  function started(): Worker | undefined {
    if (worker || deaths >= MAX_DEATHS) return worker
    try {
      worker = startWorker(script, answer, lost)
    } catch {
      deaths++
    }
    return worker
  }

  return {
    count(texts) {
      const length = texts.reduce((total, text) => total + text.length, 0)
      if (length === 0 || characters + length > MAX_WAITING_CHARACTERS)
        return Promise.resolve(NOTHING)
      const counting = started()
      if (!counting) return Promise.resolve(NOTHING)
      stopTimer()
      const id = ++lastId
      characters += length
      return new Promise(resolve => {
        waiting.set(id, { characters: length, resolve })
        counting.ref()
        counting.postMessage({ id, texts } satisfies Question)
      })
    },
  }
}

function startWorker(
  script: URL,
  answer: (id: number, counted: Counted) => void,
  lost: (dead: Worker) => void,
): Worker {
  const worker = new Worker(script)
  worker.on('message', ({ id, ...counted }: Answer) => answer(id, counted))
  worker.on('error', () => lost(worker))
  worker.on('exit', () => lost(worker))
  return worker
}

/** In the binary all code but the workers' is one file, and theirs keep their path below `src`. */
const SCRIPT = Bun.isStandaloneExecutable ? './lib/tokenizer/worker.ts' : './worker.ts'

/** The process's own: one thread for all. */
export const tokenizer = createTokenizer(new URL(SCRIPT, import.meta.url))
