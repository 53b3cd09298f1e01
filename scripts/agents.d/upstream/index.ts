/**
 * A scripted model in four protocols. It is as strict as the real services are: every seal, every
 * pair of call and result is checked. What it does is a play's; see `task.ts` and `../session/`.
 */
import { openAnthropic } from './anthropic/index.ts'
import { openChat } from './chat/index.ts'
import type { Dialect, Turn } from './dialect.ts'
import { type FaultStatus, failure } from './failure.ts'
import { openGemini } from './gemini/index.ts'
import { isRecord, type Json } from './json.ts'
import { openResponses } from './responses/index.ts'
import { broken, held, late } from './stream.ts'

/** What the model does with one request: it answers, or behaves as services do on a bad day. */
export type Step =
  | {
      turn: Turn
      how?: 'at once' | 'in the middle, the connection breaks' | 'it stops in the middle'
    }
  | { turn: Turn; how: 'after a silence'; silentMs: number }
  | { status: FaultStatus }

/** The model's part, request by request. */
export interface Play {
  step(dialect: Dialect, body: Json): Step
}

export type Upstream = {
  port: number
  /** Refusals, and requests nobody serves: each fails the run. */
  faults: Set<string>
  /** What was lost though the service would put up with it. */
  notes: Set<string>
  requests: { path: string; body: Json; refused?: string; held?: boolean; aborted?: boolean }[]
  stop(): void
}

export function startUpstream(play: Play): Upstream {
  const faults = new Set<string>()
  const notes = new Set<string>()
  const requests: Upstream['requests'] = []
  const note = (text: string) => void notes.add(text)
  const dialects = [openAnthropic, openChat, openResponses, openGemini].map(open => open(note))

  function perform(
    dialect: Dialect,
    body: Json,
    path: string,
    seen: Upstream['requests'][number],
  ): Response {
    const step = play.step(dialect, body)
    if ('status' in step) return failure(dialect.protocol, step.status)
    const reply = dialect.reply(step.turn, body, path)
    switch (step.how) {
      case 'after a silence':
        return late(reply, step.silentMs)
      case 'in the middle, the connection breaks':
        return broken(reply)
      case 'it stops in the middle':
        seen.held = true
        return held(reply)
      default:
        return reply
    }
  }

  function answer(path: string, body: Json, signal: AbortSignal): Response {
    const dialect = dialects.find(one => one.matches(path))
    if (!dialect) {
      faults.add(`POST ${path} is not served`)
      return Response.json({ error: { message: 'not found' } }, { status: 404 })
    }
    const refusal = dialect.refuse(body)
    const seen: Upstream['requests'][number] = { path, body }
    if (refusal) seen.refused = refusal.message
    requests.push(seen)
    signal.addEventListener('abort', () => {
      seen.aborted = true
    })
    if (!refusal) return perform(dialect, body, path, seen)
    faults.add(`the upstream refused: ${refusal.message}`)
    return dialect.refused(refusal)
  }

  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 0,
    async fetch(request) {
      const path = new URL(request.url).pathname
      // Without a gateway in between, Codex asks for a WebSocket first and then goes on over POST.
      if (request.headers.get('upgrade')) return new Response(null, { status: 426 })
      if (request.method !== 'POST') return Response.json({ object: 'list', data: [], models: [] })
      const body: unknown = await request.json()
      if (!isRecord(body)) return new Response('not an object', { status: 400 })
      if (/\/count_tokens$/.test(path)) return Response.json({ input_tokens: 50 })
      if (/:countTokens$/.test(path)) return Response.json({ totalTokens: 50 })
      return answer(path, body, request.signal)
    },
  })
  return {
    port: server.port ?? 0,
    faults,
    notes,
    requests,
    stop: () => void server.stop(true),
  }
}
