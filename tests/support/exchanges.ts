import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parse } from 'yaml'
import { type JsonObject, parseObject } from '../../src/lib/json/json.ts'
import type { Wire } from './read-reply.ts'
import { corpus, type Recorded } from './shared.ts'

const folder = resolve(import.meta.dir, '../fixtures/exchanges')

/** What a client sees of an exchange: a reply or its error, unless it says otherwise. */
export type Outcome = 'empty' | 'cut'

export type Exchange = Recorded & { outcome?: Outcome }

/** One exchange of a file in tests/fixtures/exchanges. */
type Written = {
  id: string
  path?: string
  status?: number
  headers?: Record<string, string>
  outcome?: Outcome
  request: JsonObject
  response?: JsonObject
  sse?: string
}

const PATHS: Record<Wire, string> = {
  anthropic: '/v1/messages',
  'openai-chat': '/v1/chat/completions',
  'openai-responses': '/v1/responses',
  gemini: '/v1beta/models/m:generateContent',
}

/** The exchanges made up by hand, which a clone of the project has. */
export function madeUp(wire: Wire): Exchange[] {
  const written = parse(readFileSync(join(folder, `${wire}.yaml`), 'utf8')) as Written[]
  return written.map(({ status = 200, headers = {}, path = PATHS[wire], ...exchange }) => ({
    ...exchange,
    provider: 'made-up',
    model: String(exchange.request.model ?? ''),
    path,
    op: 'generate',
    stream: exchange.sse !== undefined,
    features: [],
    status,
    response_headers: headers,
  }))
}

/** The exchanges made up by hand, and the recorded ones where they are there. */
export function exchanges(wire: Wire): Exchange[] {
  return [...madeUp(wire), ...corpus(wire)]
}

/** The JSON payloads of a stream; a frame that is cut off is none. */
export function payloadsIn(sse: string): JsonObject[] {
  return sse
    .split('\n')
    .map(line => parseObject(line.replace(/^data: /, '')))
    .filter(payload => payload !== undefined)
}
