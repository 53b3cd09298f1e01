import { describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JsonObject } from '../../../src/lib/json/json.ts'
import { createStateStore } from '../../../src/store/state/local.ts'
import { assembled } from '../../support/assemble.ts'
import { type LocalGateway, renewedGateway } from '../../support/local-gateway.ts'
import { LOOP_CLIENTS, type LoopClient } from '../../support/loop-clients.ts'
import type { Wire } from '../../support/read-reply.ts'
import { strictThinker } from '../../support/thinkers.ts'
import { pathOf, WIRES } from '../../support/wires.ts'

const ROUTES = `
version: 1
providers:
  up-anthropic: { kind: anthropic-compatible, base-url: "http://upstream.test", keys: [ k ] }
  up-chat: { kind: openai-compatible, base-url: "http://upstream.test/v1", keys: [ k ] }
  up-responses: { kind: openai-responses-compatible, base-url: "http://upstream.test/v1", keys: [ k ] }
  up-gemini: { kind: gemini, base-url: "http://upstream.test", keys: [ k ] }
models:
  of-anthropic: up-anthropic/claude-sonnet-4-5
  of-openai-chat: up-chat/some-thinker
  of-openai-responses: up-responses/gpt-5.2
  of-gemini: up-gemini/gemini-3-flash
policy: { request-retry: 0 }
logging: { level: error }
`

/** A gateway process, as far as its memory goes: only the folder outlives it. */
function started(upstream: Wire, folder: string): { gateway: LocalGateway; stop(): void } {
  const state = createStateStore({
    folder,
    now: () => Date.UTC(2026, 0, 1),
    warn: message => {
      throw new Error(message)
    },
  })
  return { gateway: renewedGateway(ROUTES, strictThinker(upstream), {}, state), stop: state.close }
}

async function asked(
  gateway: LocalGateway,
  wire: Wire,
  model: string,
  stream: boolean,
  json: JsonObject,
): Promise<JsonObject> {
  const response = await gateway.call(pathOf(wire, model, stream), { json })
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${response.status}: ${text}`)
  return stream ? assembled(wire, text) : (JSON.parse(text) as JsonObject)
}

async function loop(client: LoopClient, upstream: Wire, stream: boolean): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'jackfield-kept-'))
  const model = `of-${upstream}`
  try {
    const before = started(upstream, folder)
    const first = client.first(model, stream)
    const reply = await asked(before.gateway, client.wire, model, stream, first)
    before.stop()
    const after = started(upstream, folder)
    const second = client.second(model, stream, reply)
    const last = await asked(after.gateway, client.wire, model, stream, second)
    after.stop()
    return JSON.stringify(last)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe('a tool loop with thinking goes on after a restart', () => {
  for (const client of LOOP_CLIENTS) {
    for (const upstream of WIRES) {
      // The upstream itself keeps what its own clients name; a bare client gets what it returns.
      const native = client.wire === upstream
      if (native && /previous_response_id|item_reference|nothing of/.test(client.title)) continue
      for (const stream of [false, true]) {
        test(`${client.title}; onto ${upstream}${stream ? ', streamed' : ''}`, async () => {
          expect(await loop(client, upstream, stream)).toContain('It is 42.')
        })
      }
    }
  }
})
