import { heapStats } from 'bun:jsc'
import { expect, test } from 'bun:test'
import { compile } from '../../src/gateway/compile.ts'
import { credentialsOf } from '../../src/gateway/in-force.ts'
import { buildApp } from '../../src/http/app.ts'
import { localGateway } from '../support/local-gateway.ts'

const REPLY = {
  id: 'c',
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
}

/** Until everything that is made once is there; the last reload; and how many there are between two looks. */
const WARM = 50
const LAST = 450
const STEP = 100
/**
 * Objects that a reload may leave behind, at the best look: what the engine compiles comes and goes,
 * what is kept is there at each. A snapshot that is kept is 1,550 of
 * them, the credentials of one are 32.
 */
const MAX_KEPT = 12

/** One credential that stays, one that is new each time, a second one now and then. */
const routes = (edit: number): string => `
version: 1
providers:
  a:
    kind: openai-compatible
    base-url: "http://a.test/v1"
    keys: [ { name: steady, key: steady }, edit-${edit}${edit % 3 === 0 ? `, extra-${edit}` : ''} ]
models: { m: a/x, changing-${edit % 7}: a/y }
logging: { level: error }
`

function question(): Request {
  return new Request('http://gateway.test/v1/chat/completions', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'x' }] }),
  })
}

async function served(reply: Promise<Response>): Promise<void> {
  const response = await reply
  expect(response.status).toBe(200)
  await response.text()
}

/** Reloads as the file's watcher does, while a request of before is still under way. */
async function reloads(gateway: ReturnType<typeof localGateway>, from: number, to: number) {
  const { services } = gateway
  let app = buildApp(gateway.gateway)
  for (let edit = from; edit <= to; edit++) {
    const response = app.handle(question())
    const compiled = compile('routes.yaml', routes(edit), services)
    if (!compiled.ok) throw new Error(compiled.diagnostics.map(({ message }) => message).join('\n'))
    app = buildApp(compiled.value)
    services.pool.reconcile(credentialsOf(compiled.value), compiled.value.table.policy)
    await served(response)
    const used = gateway.received.at(-1)?.headers.get('authorization') ?? ''
    expect(used).toMatch(new RegExp(`^Bearer (steady|(edit|extra)-(${edit - 1}|${edit}))$`))
    gateway.received.length = 0
    // Longer than any cooldown, so that there is always another credential to use.
    gateway.advance(61_000)
  }
}

function objects(): number {
  Bun.gc(true)
  Bun.gc(true)
  return heapStats().objectCount
}

test('hundreds of reloads under load, with credentials coming and going: none lost, none kept', async () => {
  // One in five fails in passing, so that cooldowns come and go with their credentials, too.
  let count = 0
  const gateway = localGateway(routes(0), () =>
    count++ % 5 === 4
      ? Response.json({ error: { message: 'busy' } }, { status: 503 })
      : Response.json(REPLY),
  )
  // Fills what the last requests are remembered in, and warms up what is made once.
  const app = buildApp(gateway.gateway)
  for (let n = 0; n < 550; n++) {
    await served(app.handle(question()))
    gateway.received.length = 0
    gateway.advance(61_000)
  }
  await reloads(gateway, 1, WARM)
  await gateway.services.ledger.flush()
  const before = objects()
  const kept: number[] = []
  for (let edit = WARM; edit < LAST; edit += STEP) {
    await reloads(gateway, edit + 1, edit + STEP)
    await gateway.services.ledger.flush()
    kept.push((objects() - before) / (edit + STEP - WARM))
  }
  expect(Math.min(...kept)).toBeLessThan(MAX_KEPT)
  expect(gateway.services.pool.states().length).toBeLessThanOrEqual(3)
}, 60_000)
