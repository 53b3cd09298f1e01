import type { Usage } from '../../conversation/index.ts'
import { textSize } from '../accounting/text-size.ts'

/** What a caller's requests take, as upstreams counted the last ones. */
export interface TokenEstimator {
  learn(caller: string, body: Uint8Array, usage: Usage): void
  /** How many tokens so many bytes are, and by what factor that may be wrong. */
  estimate(caller: string, bytes: number): { tokens: number; errorFactor: number }
  /** How many of so many input tokens presumably come from the upstream's cache. */
  cached(caller: string, tokens: number): number
  /** What a request will presumably take. Media count like pictures. */
  expect(caller: string, body: Uint8Array): Expected
}

export type Expected = { fresh: number; cacheRead: number; output: number }

/** Where nothing of a caller was counted yet. */
const TOKENS_PER_BYTE = 1 / 4
const OUTPUT_TOKENS = 500
/** By what factor an estimate may be wrong, without and with a measurement. */
const DEFAULT_ERROR_FACTOR = 2
const MEASURED_ERROR_FACTOR = 1.1

/** Weight of the newest measurement. */
const NEWEST = 0.3
/** Framing weighs too much in small requests. */
const MIN_BYTES = 20_000
const MAX_CALLERS = 10_000
/** A picture, as vendors count large ones. */
const MAX_RUN_TOKENS = 1_600

/** Averages of a caller's requests; absent: none was counted yet. */
type Averages = {
  tokensPerByte?: number
  output?: number
  /** The part of the input that came from the upstream's cache. */
  cached?: number
}

export function createTokenEstimator(): TokenEstimator {
  const known = new Map<string, Averages>()

  function averagesOf(caller: string): Averages {
    const found = known.get(caller)
    if (found) return found
    if (known.size >= MAX_CALLERS) known.clear()
    const averages: Averages = {}
    known.set(caller, averages)
    return averages
  }

  return {
    learn(caller, body, { fresh, cacheRead = 0, cacheWrite = 0, output }) {
      const averages = averagesOf(caller)
      if (output !== undefined) averages.output = averaged(averages.output, output)
      if (fresh === undefined) return
      const input = fresh + cacheRead + cacheWrite
      if (input > 0) averages.cached = averaged(averages.cached, cacheRead / input)
      // Of a request with pictures in it bytes say little.
      if (body.length < MIN_BYTES || textSize(body).encoded > 0) return
      averages.tokensPerByte = averaged(averages.tokensPerByte, input / body.length)
    },
    estimate(caller, bytes) {
      const { tokensPerByte } = known.get(caller) ?? {}
      return {
        tokens: Math.ceil(bytes * (tokensPerByte ?? TOKENS_PER_BYTE)),
        errorFactor: tokensPerByte === undefined ? DEFAULT_ERROR_FACTOR : MEASURED_ERROR_FACTOR,
      }
    },
    cached: (caller, tokens) => Math.floor(tokens * (known.get(caller)?.cached ?? 0)),
    expect(caller, body) {
      const {
        tokensPerByte = TOKENS_PER_BYTE,
        output = OUTPUT_TOKENS,
        cached = 0,
      } = known.get(caller) ?? {}
      const { text, encoded, runs } = textSize(body)
      const media = Math.min(encoded * TOKENS_PER_BYTE, runs * MAX_RUN_TOKENS)
      const input = Math.ceil(text * tokensPerByte + media)
      const cacheRead = Math.floor(input * cached)
      return { fresh: input - cacheRead, cacheRead, output: Math.ceil(output) }
    },
  }
}

function averaged(before: number | undefined, newest: number): number {
  return before === undefined ? newest : before + NEWEST * (newest - before)
}
