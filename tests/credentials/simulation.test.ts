import { expect, test } from 'bun:test'
import { type LocalGateway, localGateway, type Received } from '../support/local-gateway.ts'

/**
 * Twenty credentials, faults of five kinds that come and go, ten thousand requests, half of them in
 * conversations. The clock is ours and the dice are seeded: every run is the same run.
 */

const KEYS = Array.from({ length: 20 }, (_, at) => `key-${at}`)
const REQUESTS = 10_000
const SESSIONS = 200
const MAX_MS = 120_000
const ROUTES = `
version: 1
providers:
  up: { kind: openai-compatible, base-url: "http://up.test/v1", keys: [ ${KEYS.join(', ')} ] }
models: { m: up/x }
policy: { request-retry: 0, cooldown: { transient: 20s, max: 2m } }
logging: { level: error }
`
const REPLY = {
  id: 'c',
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
}

const FAULTS = ['told', 'limited', 'broken', 'refused', 'unreachable'] as const
type Fault = { kind: (typeof FAULTS)[number]; fromMs: number; untilMs: number }

/** mulberry32: small, and the same everywhere. */
function dice(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

const keyOf = ({ headers }: Received): string => headers.get('authorization')?.slice(7) ?? ''

function reply(fault: Fault | undefined, atMs: number): Response {
  const failing = (status: number, headers: Record<string, string> = {}): Response =>
    Response.json({ error: { message: 'no' } }, { status, headers })
  switch (fault?.kind) {
    case undefined:
      return Response.json(REPLY)
    case 'told':
      return failing(429, { 'retry-after': String(Math.ceil((fault.untilMs - atMs) / 1_000)) })
    case 'limited':
      return failing(429)
    case 'broken':
      return failing(503)
    case 'refused':
      return failing(401)
    case 'unreachable':
      throw new TypeError('connection refused')
  }
}

type Served = { by: string | undefined; tried: string[]; status: number }

type World = {
  gateway: LocalGateway
  nowMs(): number
  faultOf(key: string): Fault | undefined
  ask(session?: string): Promise<Served>
}

function world(faults: ReadonlyMap<string, readonly Fault[]>): World {
  let nowMs: () => number = () => 0
  const faultOf = (key: string): Fault | undefined =>
    faults.get(key)?.find(({ fromMs, untilMs }) => fromMs <= nowMs() && nowMs() < untilMs)
  const gateway = localGateway(ROUTES, received => reply(faultOf(keyOf(received)), nowMs()))
  const beganMs = gateway.services.now()
  nowMs = () => gateway.services.now() - beganMs
  return {
    gateway,
    nowMs,
    faultOf,
    async ask(session) {
      const before = gateway.received.length
      const response = await gateway.call('/v1/chat/completions', {
        json: { model: 'm', messages: [{ role: 'user', content: 'x' }] },
        headers: session === undefined ? {} : { 'x-session-id': session },
      })
      await response.text()
      const tried = gateway.received.slice(before).map(keyOf)
      return {
        by: response.status === 200 ? tried.at(-1) : undefined,
        tried,
        status: response.status,
      }
    },
  }
}

/** Each credential is in trouble about a quarter of the time, until `untilMs`. */
function troubles(random: () => number, untilMs: number): Map<string, Fault[]> {
  return new Map(
    KEYS.map(key => {
      const faults: Fault[] = []
      for (let atMs = random() * 400_000; atMs < untilMs; ) {
        const kind = FAULTS[Math.floor(random() * FAULTS.length)] ?? 'broken'
        const endMs = Math.min(atMs + 10_000 + random() * 90_000, untilMs)
        faults.push({ kind, fromMs: atMs, untilMs: endMs })
        atMs = endMs + 50_000 + random() * 250_000
      }
      return [key, faults]
    }),
  )
}

/** The cooldowns now, by key: ids are `up/key-N` from 1, in the order of the file. */
function coolingDown({ gateway }: World): Map<string, { untilMs: number; code: string }> {
  return new Map(
    gateway.services.pool
      .states()
      .map(state => [KEYS[Number(state.id.slice('up/key-'.length)) - 1] ?? state.id, state]),
  )
}

test('credentials in trouble: every request is served at once, and the load is shared', async () => {
  const random = dice(20_261_121)
  const endMs = 1_500_000
  const sim = world(troubles(random, endMs))
  const fair = new Map(KEYS.map(key => [key, 0]))
  const served = new Map(KEYS.map(key => [key, 0]))
  const placesOf = new Map<string, string[]>()
  let failures = 0
  let moves = 0
  for (let at = 0; at < REQUESTS; at++) {
    sim.gateway.advance(Math.floor(random() * 300))
    const before = coolingDown(sim)
    for (const { untilMs } of before.values())
      expect(untilMs - sim.gateway.services.now()).toBeLessThanOrEqual(MAX_MS)
    const session = random() < 0.5 ? `s${Math.floor(random() * SESSIONS)}` : undefined
    const { by, tried, status } = await sim.ask(session)
    failures += tried.length - 1
    expect(new Set(tried).size).toBe(tried.length)
    // Of twenty, at least one always is able and not cooling down.
    expect(status).toBe(200)
    const able = KEYS.filter(key => !before.has(key) && !sim.faultOf(key))
    expect(able).toContain(by ?? 'nobody')
    if (session === undefined) {
      for (const key of able) fair.set(key, (fair.get(key) ?? 0) + 1 / able.length)
      served.set(by ?? '', (served.get(by ?? '') ?? 0) + 1)
    } else {
      // A conversation moves when its place cannot serve it, and may come back to where it was.
      const places = placesOf.get(session) ?? []
      const last = places.at(-1)
      if (last !== undefined && able.includes(last)) expect(places).toContain(by ?? 'nobody')
      if (last !== by) moves++
      placesOf.set(session, [...places, by ?? 'nobody'])
    }
  }
  // The troubles were real, and each was met a few times, not by every request.
  expect(failures).toBeGreaterThan(200)
  expect(failures).toBeLessThan(REQUESTS / 5)
  expect(moves).toBeLessThan(2_000)
  const total = [...served.values()].reduce((sum, count) => sum + count, 0)
  for (const key of KEYS) {
    const off = Math.abs((served.get(key) ?? 0) - (fair.get(key) ?? 0)) / total
    expect(off).toBeLessThan(0.02)
  }
  // All is well again: after the longest cooldown every credential serves, each as often as the others.
  while (sim.nowMs() < endMs + MAX_MS + 1) sim.gateway.advance(60_000)
  const after: string[] = []
  for (let at = 0; at < KEYS.length * 10; at++) after.push((await sim.ask()).by ?? 'nobody')
  for (const key of KEYS) {
    const count = after.filter(one => one === key).length
    expect(count).toBeGreaterThanOrEqual(9)
    expect(count).toBeLessThanOrEqual(11)
  }
  expect(coolingDown(sim).size).toBe(0)
}, 60_000)
