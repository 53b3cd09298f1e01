import { expect, test } from 'bun:test'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bodyOf } from '../../src/lib/net/response-body.ts'
import { type Running, start } from '../support/binary.ts'
import { fakeUpstream, type Received } from '../support/upstream.ts'

/** Each takes as long as a file must keep still; hundreds are made in tests/gateway/reloads.test.ts. */
const RELOADS = 40
/** So many that snapshots which are kept weigh more than all noise. */
const MODELS = Array.from({ length: 1_000 }, (_, at) => `filler-${at}: a/x`).join(', ')
/** So long each reply takes, so that a reload always meets requests that are under way. */
const LATENCY_MS = 10
/** Reloads that the watcher makes by itself: SIGHUP would end the cooldowns that are looked at. */
const WATCHED = 10

/** The ways in which `b` has its key, or has none and is off. */
const KEYS_OF_B = [
  'keys: [ "${file:b.key}" ]',
  'keys: [ "${NOT_SET}" ]',
  'keys: [ "${file:b.key}" ]',
  'disabled: true, keys: [ never ]',
]

/**
 * The file of one edit. Its keys end in the edit's number, so that the upstream knows one that has
 * vanished. Of `a` one key stays, one is renewed behind its name, one gives way to another, and two
 * come and go, one of them refused. `b` is switched off and on; `c` comes and goes as a whole.
 */
function routes(edit: number, url: string, more = ''): string {
  const at = (path: string): string => `kind: openai-compatible, base-url: "${url}/${path}/v1"`
  const guest = edit % 3 === 0 ? `, { name: guest, key: guest-${edit} }` : ''
  const refused = edit % 2 === 0 ? `, { name: refused-${edit}, key: refused-${edit} }` : ''
  const c = edit % 3 !== 2
  return `version: 1
providers:
  a:
    kind: openai-compatible
    base-url: "${url}/a/v1"
    keys: [ { name: stays, key: stays }, { name: renewed, key: renewed-${edit} }, { name: only-${edit}, key: only-${edit} }${guest}${refused}${more} ]
  b: { ${at('b')}, ${KEYS_OF_B[edit % KEYS_OF_B.length]} }
${c ? `  c: { ${at('c')}, keys: [ c-${edit} ] }` : ''}
models: { m: [ [ a/x, b/x${c ? ', c/x' : ''} ] ], edit-${edit}: a/x${more === '' ? `, ${MODELS}` : ''} }
logging: { level: error }
`
}

const chunk = (delta: object, finish: string | null = null): string =>
  `data: ${JSON.stringify({ id: 'c', model: 'x', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`
const FIRST = chunk({ role: 'assistant', content: 'well' })
const REST = `${chunk({ content: 'done' }) + chunk({}, 'stop')}data: [DONE]\n\n`
const BODY = {
  id: 'c',
  model: 'x',
  choices: [
    { index: 0, message: { role: 'assistant', content: 'welldone' }, finish_reason: 'stop' },
  ],
}

/** An upstream that knows which keys there are, and notes every one that it should not see. */
function strictUpstream() {
  const wrong: string[] = []
  const seen = new Map<string, number>()
  const waiting = new Set<() => void>()

  function answer(received: Received): Response | Promise<Response> {
    const key = received.headers.get('authorization')?.replace('Bearer ', '') ?? 'none'
    const kind = key.replace(/-\d+$/, '')
    seen.set(kind, (seen.get(kind) ?? 0) + 1)
    // What the client had seen to be in force when it asked.
    const begunAt = Number(/begun at (\d+)/.exec(received.body)?.[1])
    if (!mayBeUsed(key, received.path, begunAt))
      wrong.push(`${received.path} with ${key} by a request begun at ${begunAt}`)
    if (kind === 'limited')
      return Response.json(
        { error: { message: 'slow down' } },
        { status: 429, headers: { 'retry-after': '3600' } },
      )
    if (kind === 'refused')
      return Response.json({ error: { message: 'wrong key' } }, { status: 401 })
    if (!received.body.includes('"stream":true')) return thought().then(() => Response.json(BODY))
    const long = received.body.includes('a long one')
    return new Response(bodyOf(stream(long)), { headers: { 'content-type': 'text/event-stream' } })
  }

  /** The time that a model takes: clients without it keep the processors busy, and nothing else. */
  const thought = (): Promise<void> => new Promise(resolve => setTimeout(resolve, LATENCY_MS))

  async function* stream(long: boolean): AsyncGenerator<string> {
    yield FIRST
    await thought()
    if (long) await new Promise<void>(resolve => waiting.add(resolve))
    yield REST
  }

  return {
    ...fakeUpstream(answer),
    wrong,
    seen: (kind: string): number => seen.get(kind) ?? 0,
    /** Lets the long streams end that were begun before. */
    release(): void {
      for (const resolve of waiting) resolve()
      waiting.clear()
    },
  }
}

const PATHS: Record<string, string> = { b: '/b/', c: '/c/' }

/** Keys with a number belong to an edit, and none is left of an edit that was seen to be over. */
function mayBeUsed(key: string, path: string, begunAt: number): boolean {
  if (key === 'stays' || key === 'limited') return path.startsWith('/a/')
  const [, kind = '', edit] = /^([a-z]+)-(\d+)$/.exec(key) ?? []
  return path.startsWith(PATHS[kind] ?? '/a/') && Number(edit) >= begunAt
}

const ENDS: Record<string, string> = {
  '/v1/messages': 'message_stop',
  '/v1/chat/completions': 'data: [DONE]',
}

/** Clients that ask without a pause until they are told to stop, each in its own way. */
function createLoad(gateway: Running) {
  const faults: string[] = []
  let running = true
  let served = 0
  /** The newest edit that was seen to be in force. */
  let inForce = 0

  async function ask(path: string, stream: boolean, words = ''): Promise<void> {
    const content = `begun at ${inForce} ${words}`
    const body = JSON.stringify({
      model: 'm',
      max_tokens: 9,
      messages: [{ role: 'user', content }],
      ...(stream ? { stream } : {}),
    })
    try {
      const response = await fetch(gateway.url + path, { method: 'POST', body })
      const text = await response.text()
      const whole = stream ? text.includes(ENDS[path] ?? '') : text.includes('welldone')
      if (response.status === 200 && whole && !text.includes('error')) served++
      else faults.push(`${path}: ${response.status} ${text}`)
    } catch (error) {
      faults.push(`${path}: ${String(error)}`)
    }
  }

  async function loop(path: string, stream: boolean, words?: string): Promise<void> {
    while (running) await ask(path, stream, words)
  }

  let clients: Promise<void>[] = []
  return {
    faults,
    ask,
    begin(): void {
      clients = [
        loop('/v1/messages', true),
        loop('/v1/messages', false),
        loop('/v1/chat/completions', true),
        loop('/v1/chat/completions', false),
        loop('/v1/chat/completions', true, 'a long one'),
        loop('/v1/messages', true, 'a long one'),
      ]
    },
    served: () => served,
    /** Waits until an edit is in force. A request between two looks keeps this from being busy. */
    async sees(edit: number): Promise<void> {
      for (;;) {
        const model = await fetch(`${gateway.url}/v1/models/edit-${edit}`)
        await model.text()
        if (model.ok) break
        await ask('/v1/chat/completions', false)
      }
      inForce = edit
    },
    /** Waits until so many more requests have been served. */
    async serves(more: number): Promise<void> {
      const wanted = served + more
      while (served < wanted && faults.length === 0) await ask('/v1/messages', false)
    },
    /** Lets every client finish; a long stream may begin as late as that. */
    async end(release: () => void): Promise<void> {
      running = false
      const all = Promise.all(clients)
      let over = false
      void all.then(() => {
        over = true
      })
      while (!over) {
        release()
        await ask('/v1/messages', false)
      }
    },
  }
}

/** Resident memory, the least of several looks while requests go on: what is only garbage goes. */
async function residentMb(gateway: Running, load: ReturnType<typeof createLoad>): Promise<number> {
  let least = Infinity
  for (let look = 0; look < 5; look++) {
    await load.serves(20)
    const status = readFileSync(`/proc/${gateway.pid}/status`, 'utf8')
    least = Math.min(least, Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024)
  }
  return least
}

/** The first when all that is made once, and the heap itself, has its size; of the others the least. */
const LOOKS = [15, 35, RELOADS]
/** Applications kept at each reload between the looks would be 50 MB (measured); noise is 20. */
const MAX_GROWTH_MB = 40

function startFor(upstream: { url: string }): Promise<Running> {
  // At the first edit `b` is off: its key's file is not there yet.
  return start(routes(1, upstream.url))
}

/** Makes an edit, and waits until it is in force. */
async function reload(
  gateway: Running,
  load: ReturnType<typeof createLoad>,
  upstream: ReturnType<typeof strictUpstream>,
  edit: number,
  more?: string,
): Promise<void> {
  const keyFile = join(gateway.folder, 'b.key')
  writeFileSync(`${keyFile}.new`, `b-${edit}`)
  renameSync(`${keyFile}.new`, keyFile)
  gateway.write(routes(edit, upstream.url, more))
  // With a key that has to cool down the watcher alone reloads: SIGHUP ends cooldowns.
  if (more === undefined) gateway.signal('SIGHUP')
  await load.sees(edit)
  upstream.release()
}

test('reload after reload under load, keys coming and going at each: none dropped, no vanished key used, no memory kept', async () => {
  const upstream = strictUpstream()
  const gateway = await startFor(upstream)
  const measures = existsSync(`/proc/${gateway.pid}/status`)
  if (!measures) console.warn('SKIPPING what reloads cost in memory: there is no /proc here')
  const load = createLoad(gateway)
  load.begin()
  const resident: number[] = []
  for (let edit = 2; edit <= RELOADS; edit++) {
    await reload(gateway, load, upstream, edit)
    if (measures && LOOKS.includes(edit)) resident.push(await residentMb(gateway, load))
  }
  await load.serves(50)
  await load.end(upstream.release)
  expect(load.faults).toEqual([])
  expect(upstream.wrong).toEqual([])
  expect(load.served()).toBeGreaterThan(RELOADS)
  for (const kind of ['stays', 'renewed', 'only', 'guest', 'refused', 'b', 'c'])
    expect([kind, upstream.seen(kind) > 10]).toEqual([kind, true])
  const [early = 0, ...late] = resident
  expect(measures ? Math.min(...late) - early : 0).toBeLessThan(MAX_GROWTH_MB)
  expect(await gateway.stop()).toBe(0)
  await upstream.stop()
}, 180_000)

test('a key that stays goes on cooling down while others come and go; SIGHUP ends its cooldown', async () => {
  const upstream = strictUpstream()
  const gateway = await startFor(upstream)
  const load = createLoad(gateway)
  const limited = ', { name: limited, key: limited }'
  await reload(gateway, load, upstream, 2, limited)
  // One after another, so that no other request is under way with it when its cooldown begins.
  for (let n = 0; n < 60 && upstream.seen('limited') === 0; n++)
    await load.ask('/v1/chat/completions', false)
  expect(upstream.seen('limited')).toBe(1)
  load.begin()
  for (let edit = 3; edit < 3 + WATCHED; edit++) {
    await reload(gateway, load, upstream, edit, limited)
    await load.serves(12)
  }
  expect(upstream.seen('limited')).toBe(1)
  gateway.signal('SIGHUP')
  while (upstream.seen('limited') === 1 && load.faults.length === 0) {
    await load.serves(1)
    upstream.release()
  }
  await load.end(upstream.release)
  expect(load.faults).toEqual([])
  expect(upstream.wrong).toEqual([])
  expect(upstream.seen('limited')).toBeGreaterThan(1)
  expect(await gateway.stop()).toBe(0)
  await upstream.stop()
}, 60_000)
