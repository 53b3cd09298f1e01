import { describe, expect, test } from 'bun:test'
import type { Entry } from '../../../src/exchange/accounting/usage-entry.ts'
import { createNames } from '../../../src/observability/usage/bounded-names.ts'
import { groupUsage, sumUsage } from '../../../src/observability/usage/report.ts'
import { createUsageWriter } from '../../../src/observability/usage/writer.ts'
import type { Prices } from '../../../src/providers/pricing/prices.ts'
import { createMemoryUsageStore, type UsageStore } from '../../../src/store/usage.ts'
import { localGateway, streamOf } from '../../support/local-gateway.ts'

const HOUR = 3_600_000
const START = Date.UTC(2026, 0, 1)

const ROUTES = `
version: 1
providers:
  claude: { kind: anthropic, keys: [ c1 ] }
  own:
    kind: openai-compatible
    base-url: http://own.test/v1
    keys: [ o1 ]
    models: [ { name: priced, price: { input: 2, output: 10, cache-read: 0.5 } }, unpriced ]
models: { sonnet: claude/claude-sonnet-4-5, two: [ own/unpriced, own/priced ] }
api-keys: [ { name: alice, key: alice-key }, { name: bob, key: bob-key } ]
policy: { request-retry: 0 }
`
const chat = (usage?: object) => ({
  id: 'c',
  model: 'x',
  choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
  ...(usage ? { usage } : {}),
})
const USAGE = {
  prompt_tokens: 5_000,
  completion_tokens: 500,
  prompt_tokens_details: { cached_tokens: 4_000 },
  completion_tokens_details: { reasoning_tokens: 100 },
}

function ask(gateway: ReturnType<typeof localGateway>, model: string, more: object = {}) {
  return gateway.call('/v1/chat/completions', {
    json: { model, messages: [{ role: 'user', content: 'x' }], ...more },
    headers: { authorization: 'Bearer alice-key' },
  })
}

describe('what a gateway serves is counted by the hour', () => {
  test('tokens of every kind, and what they cost', async () => {
    const gateway = localGateway(ROUTES, () => Response.json(chat(USAGE)))
    await ask(gateway, 'own/priced')
    await ask(gateway, 'own/priced')
    expect(gateway.usage.rows(0)).toEqual([])
    gateway.advance(HOUR)
    await ask(gateway, 'own/priced')
    await gateway.services.ledger.flush()
    const [first, second] = gateway.usage.rows(0)
    expect(first).toEqual({
      hour: START / HOUR,
      caller: 'alice',
      asked: 'own/priced',
      provider: 'own',
      model: 'priced',
      requests: 2,
      failures: 0,
      fresh: 2_000,
      cacheRead: 8_000,
      cacheWrite: 0,
      output: 1_000,
      reasoning: 200,
      losses: 0,
      ms: 0,
      usd: expect.closeTo(0.018, 9),
      unpriced: 0,
      cancelled: 0,
      estimated: 0,
    })
    expect(second).toMatchObject({ hour: START / HOUR + 1, requests: 1 })
  })

  test('what the vendor takes is known without being said', async () => {
    const gateway = localGateway(ROUTES, () =>
      Response.json({
        type: 'message',
        id: 'm',
        model: 'claude-sonnet-4-5',
        content: [{ type: 'text', text: 'ok' }],
        stop_reason: 'end_turn',
        usage: { input_tokens: 100, cache_read_input_tokens: 1_000, output_tokens: 50 },
      }),
    )
    await ask(gateway, 'sonnet')
    await gateway.services.ledger.flush()
    expect(gateway.usage.rows(0)[0]?.usd).toBeCloseTo((100 * 3 + 1_000 * 0.3 + 50 * 15) / 1e6, 9)
  })

  test('a price that is not known is unknown, not zero', async () => {
    const gateway = localGateway(ROUTES, () => Response.json(chat(USAGE)))
    await ask(gateway, 'own/unpriced')
    await gateway.services.ledger.flush()
    expect(gateway.usage.rows(0)).toMatchObject([{ requests: 1, unpriced: 1, usd: 0 }])
    expect(sumUsage('total', gateway.usage.rows(0))).not.toHaveProperty('usd')
  })

  test('a failure counts where it failed, and has no price', async () => {
    const gateway = localGateway(ROUTES, ({ text }) =>
      text.includes('"unpriced"')
        ? Response.json({ error: { message: 'busy' } }, { status: 503 })
        : Response.json(chat(USAGE)),
    )
    await ask(gateway, 'two')
    await gateway.services.ledger.flush()
    expect(gateway.usage.rows(0)).toMatchObject([
      { model: 'priced', asked: 'two', requests: 1, failures: 0 },
      { model: 'unpriced', asked: 'two', requests: 1, failures: 1, unpriced: 0 },
    ])
  })

  test('how long those waited who were served', async () => {
    let gateway: ReturnType<typeof localGateway> | undefined
    const slow = localGateway(ROUTES, () => {
      gateway?.advance(250)
      return streamOf([
        `data: ${JSON.stringify({ id: 'c', model: 'x', choices: [{ index: 0, delta: { content: 'a' }, finish_reason: 'stop' }] })}\n\n`,
        'data: [DONE]\n\n',
      ])
    })
    gateway = slow
    await (await ask(slow, 'own/priced', { stream: true })).text()
    await slow.services.background.settled()
    await slow.services.ledger.flush()
    expect(slow.usage.rows(0)).toMatchObject([{ requests: 1, ms: 250 }])
  })

  test('usage: { enabled: false } writes nothing', async () => {
    const gateway = localGateway(`${ROUTES}usage: { enabled: false }\n`, () =>
      Response.json(chat(USAGE)),
    )
    await ask(gateway, 'own/priced')
    await gateway.services.ledger.flush()
    expect(gateway.usage.rows(0)).toEqual([])
    expect([...gateway.services.ledger.tallies().values()]).toMatchObject([{ requests: 1 }])
  })
})

const entry = (more: Partial<Entry> = {}): Entry => ({
  atMs: START,
  caller: 'ann',
  asked: 'm',
  provider: 'a',
  model: 'x',
  status: 200,
  usage: { fresh: 1, output: 2 },
  losses: 0,
  outcome: 'served',
  estimated: false,
  offer: { baseUrl: '', model: 'x' },
  ms: 10,
  ...more,
})

function writerTo(store: UsageStore, prices: Partial<Prices> = {}) {
  const warnings: string[] = []
  const timers: (() => void)[] = []
  const writer = createUsageWriter({
    after(_, run) {
      timers.push(run)
      return () => {}
    },
    prices: {
      prepare: async () => {},
      costOf: () => 0.5,
      ...prices,
    },
    store,
    warn: what => void warnings.push(what),
  })
  return { writer, warnings, timers }
}

describe('usage is brought to disk', () => {
  test('a second later, all at once; with nothing to write no timer runs', async () => {
    const store = createMemoryUsageStore()
    let writes = 0
    const counting = {
      ...store,
      add(rows: Parameters<UsageStore['add']>[0]) {
        writes++
        store.add(rows)
      },
    }
    const { writer, timers } = writerTo(counting)
    expect(timers).toHaveLength(0)
    for (let at = 0; at < 500; at++) writer.add(entry())
    expect(timers).toHaveLength(1)
    expect(writes).toBe(0)
    timers.pop()?.()
    await writer.flush()
    expect(writes).toBe(1)
    expect(store.rows(0)).toMatchObject([{ requests: 500, usd: 250, ms: 5_000 }])
    expect(timers).toHaveLength(0)
    await writer.flush()
    expect(writes).toBe(1)
    writer.add(entry())
    expect(timers).toHaveLength(1)
  })

  test.each<[string, Partial<Prices>]>([
    [
      'without prices',
      { prepare: () => Promise.reject(new Error('no such file')), costOf: () => undefined },
    ],
    [
      'where they fail',
      {
        costOf() {
          throw new Error('a price of nothing')
        },
      },
    ],
  ])('%s too', async (_, prices) => {
    const store = createMemoryUsageStore()
    const { writer } = writerTo(store, prices)
    writer.add(entry())
    await writer.flush()
    expect(store.rows(0)).toMatchObject([{ requests: 1, output: 2, unpriced: 1 }])
  })

  test('what cannot be written waits and is not counted twice; one warning', async () => {
    const store = createMemoryUsageStore()
    let broken = true
    const { writer, warnings, timers } = writerTo({
      ...store,
      add(rows) {
        if (broken) throw new Error('disk full')
        store.add(rows)
      },
    })
    for (let at = 0; at < 3; at++) {
      writer.add(entry())
      await writer.flush()
    }
    // It is tried again with the next request, not by the clock.
    expect(timers).toHaveLength(1)
    broken = false
    writer.add(entry())
    await writer.flush()
    expect(store.rows(0)).toMatchObject([{ requests: 4 }])
    expect(warnings).toEqual([expect.stringContaining('(disk full)')])
  })

  test('another process has the file: tried again soon, without a word', async () => {
    const store = createMemoryUsageStore()
    let busy = true
    const { writer, warnings, timers } = writerTo({
      ...store,
      add(rows) {
        if (busy) throw Object.assign(new Error('locked'), { code: 'SQLITE_BUSY' })
        store.add(rows)
      },
    })
    writer.add(entry())
    timers.pop()?.()
    await writer.flush()
    expect(timers).toHaveLength(1)
    busy = false
    timers.pop()?.()
    await writer.flush()
    expect(store.rows(0)).toMatchObject([{ requests: 1 }])
    expect(warnings).toEqual([])
  })

  test('what is older than is kept is taken out, once a day', async () => {
    const store = createMemoryUsageStore()
    const pruned: number[] = []
    const { writer } = writerTo({
      ...store,
      prune(before) {
        pruned.push(before)
        store.prune(before)
      },
    })
    writer.keep(2 * 24 * HOUR)
    for (const day of [0, 0, 1, 3]) {
      writer.add(entry({ atMs: START + day * 24 * HOUR }))
      await writer.flush()
    }
    expect(pruned.map(hour => (hour * HOUR - START) / (24 * HOUR))).toEqual([-2, -1, 1])
    expect(store.rows(0).map(({ hour }) => (hour * HOUR - START) / (24 * HOUR))).toEqual([1, 3])
    // A shorter time is in force with the next write.
    writer.keep(24 * HOUR)
    writer.add(entry({ atMs: START + 3 * 24 * HOUR }))
    await writer.flush()
    expect(store.rows(0)).toMatchObject([{ requests: 2 }])
  })
})

describe('names that clients choose', () => {
  test('are counted together from the two thousandth of a day on', () => {
    const names = createNames()
    const kept = Array.from({ length: 2_005 }, (_, at) => names(entry({ asked: `m${at}` })).asked)
    expect(kept.slice(1_998)).toEqual(['m1998', 'm1999', ...Array(5).fill('(others)')])
    expect(names(entry({ asked: 'm7' })).asked).toBe('m7')
    expect(names(entry({ asked: 'new', atMs: START + 24 * HOUR })).asked).toBe('new')
  })

  test('are not longer than names are', () => {
    expect(createNames()(entry({ asked: 'x'.repeat(5_000) })).asked).toHaveLength(200)
  })
})

describe('a report', () => {
  const store = createMemoryUsageStore()
  const row = { ...entry(), hour: START / HOUR, ...zeros(), requests: 2, ms: 30 }
  store.add([
    { ...row, usd: 1, output: 5, caller: 'ann', provider: 'a', model: 'x' },
    { ...row, usd: 3, failures: 1, caller: 'bob', provider: 'b', model: 'x', hour: row.hour + 30 },
    { ...row, unpriced: 2, fresh: 9, caller: 'cy', provider: 'c', model: 'y' },
    { ...row, requests: 1, failures: 1, ms: 0, caller: 'cy', provider: 'd', model: 'y' },
  ])

  test.each([
    ['key', ['bob', 'ann', 'cy']],
    ['model', ['b/x', 'a/x', 'c/y', 'd/y']],
    ['provider', ['b', 'a', 'c', 'd']],
    ['day', ['2026-01-01', '2026-01-02']],
  ] as const)('by %s', (by, names) =>
    expect(groupUsage(store.rows(0), by).map(({ name }) => name)).toEqual([...names]),
  )

  test('served and failed apart; unknown money is absent; a mean time', () => {
    expect(groupUsage(store.rows(0), 'provider')).toMatchObject([
      { name: 'b', served: 1, failed: 1, usd: 3, ms: 30 },
      { name: 'a', served: 2, failed: 0, usd: 1, ms: 15 },
      { name: 'c', served: 2, failed: 0, unpriced: 2 },
      { name: 'd', served: 0, failed: 1, usd: 0 },
    ])
    expect(groupUsage(store.rows(0), 'provider')[2]).not.toHaveProperty('usd')
    expect(sumUsage('total', store.rows(0))).toMatchObject({
      served: 5,
      failed: 2,
      usd: 4,
      unpriced: 2,
    })
  })
})

function zeros() {
  return {
    failures: 0,
    fresh: 0,
    cacheRead: 0,
    cacheWrite: 0,
    output: 0,
    reasoning: 0,
    losses: 0,
    usd: 0,
    unpriced: 0,
    cancelled: 0,
    estimated: 0,
  }
}
