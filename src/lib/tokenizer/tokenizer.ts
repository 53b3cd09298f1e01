import { Worker } from 'node:worker_threads'
import type { Counted } from './count-texts.ts'

/** What the worker is sent, and what it sends back. */
export type Question = { id: number; texts: readonly string[] }
export type Answer = Counted & { id: number }

/**
 * Counts tokens in a thread of its own: neither loading the ranks, which takes half a second, nor a
 * long count holds up the loop.
 */
export interface Tokenizer {
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
const MAX_STARTS = 3

const NOTHING: Counted = { tokens: 0, characters: 0 }

type Waiting = { characters: number; resolve: (counted: Counted) => void }

/** `script`: where the worker's code is. It starts with the first count, and ends with the process. */
export function createTokenizer(script: URL): Tokenizer {
  const waiting = new Map<number, Waiting>()
  let worker: Worker | undefined
  let starts = 0
  let lastId = 0
  let characters = 0

  function answer(id: number, counted: Counted): void {
    const asked = waiting.get(id)
    if (!asked) return
    waiting.delete(id)
    characters -= asked.characters
    // The process may end while nothing is counted.
    if (waiting.size === 0) worker?.unref()
    asked.resolve(counted)
  }

  function started(): Worker | undefined {
    if (worker || starts >= MAX_STARTS) return worker
    starts++
    let begun: Worker
    try {
      begun = new Worker(script)
    } catch {
      return undefined
    }
    const lost = (): void => {
      if (worker !== begun) return
      worker = undefined
      void begun.terminate()
      for (const id of [...waiting.keys()]) answer(id, NOTHING)
    }
    begun.on('message', ({ id, ...counted }: Answer) => answer(id, counted))
    begun.on('error', lost)
    begun.on('exit', lost)
    worker = begun
    return begun
  }

  return {
    count(texts) {
      const length = texts.reduce((total, text) => total + text.length, 0)
      if (length === 0 || characters + length > MAX_WAITING_CHARACTERS)
        return Promise.resolve(NOTHING)
      const asked = started()
      if (!asked) return Promise.resolve(NOTHING)
      const id = ++lastId
      characters += length
      return new Promise(resolve => {
        waiting.set(id, { characters: length, resolve })
        asked.ref()
        asked.postMessage({ id, texts } satisfies Question)
      })
    },
  }
}

/** In the binary all code but the workers' is one file, and theirs keep their path below `src`. */
const SCRIPT = Bun.isStandaloneExecutable ? './lib/tokenizer/worker.ts' : './worker.ts'

/** The process's own: one thread for all. */
export const tokenizer = createTokenizer(new URL(SCRIPT, import.meta.url))
