/**
 * A scripted model in four protocols: thinks, calls the client's own tool for writing files, and
 * says DONE when the result is there. It is as strict as the real services are.
 */
import { openAnthropic } from './anthropic/index.ts'
import { openChat } from './chat/index.ts'
import type { Dialect, Turn } from './dialect.ts'
import { openGemini } from './gemini/index.ts'
import { isRecord, type Json, random } from './json.ts'
import { openResponses } from './responses/index.ts'
import { callFor } from './task.ts'

export type Upstream = {
  port: number
  /** Refusals, and requests nobody serves: each fails the run. */
  faults: Set<string>
  /** What was lost though the service would put up with it. */
  notes: Set<string>
  requests: { path: string; body: Json; refused?: string }[]
  finished(): boolean
  stop(): void
}

export function startUpstream(file: string, word: string): Upstream {
  const faults = new Set<string>()
  const notes = new Set<string>()
  const requests: Upstream['requests'] = []
  let done = false

  const note = (text: string) => void notes.add(text)
  const dialects = [openAnthropic, openChat, openResponses, openGemini].map(open => open(note))

  function turnFor(dialect: Dialect, body: Json): Turn {
    const thought = `Let me see… ${random(8)}.`
    if (dialect.answered(body)) {
      done = true
      return { thought, text: 'DONE' }
    }
    const call = callFor(dialect.tools(body), file, word)
    if (call) return { thought, text: 'I will write the file – één moment… 🛠️', call }
    return { thought, text: 'A short title' }
  }

  function answer(path: string, body: Json): Response {
    const dialect = dialects.find(one => one.matches(path))
    if (!dialect) {
      faults.add(`POST ${path} is not served`)
      return Response.json({ error: { message: 'not found' } }, { status: 404 })
    }
    const refusal = dialect.refuse(body)
    requests.push({ path, body, ...(refusal ? { refused: refusal.message } : {}) })
    if (!refusal) return dialect.reply(turnFor(dialect, body), body, path)
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
      return answer(path, body)
    },
  })
  return {
    port: server.port ?? 0,
    faults,
    notes,
    requests,
    finished: () => done,
    stop: () => void server.stop(true),
  }
}
