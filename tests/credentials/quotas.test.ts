import { Database } from 'bun:sqlite'
import { describe, expect, test } from 'bun:test'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createQuotas, type KeyLimits, type Quotas } from '../../src/credentials/quotas.ts'
import { GatewayError } from '../../src/lib/errors.ts'
import { createStateStore } from '../../src/store/state/local.ts'
import { newHome } from '../support/home.ts'

const START = Date.UTC(2026, 0, 1)
const DAY = 86_400_000

/** Gateways on one home, with one clock. */
function onOneHome(many: number, home = newHome()) {
  const clock = { now: START }
  const now = (): number => clock.now
  const gateways = Array.from({ length: many }, () => {
    const state = createStateStore({ folder: home, now, warn() {} })
    return { state, quotas: createQuotas({ now, state }) }
  })
  return { clock, home, gateways, file: join(home, 'kept.sqlite') }
}

/** Undefined: it was refused. */
async function admitted(quotas: Quotas | undefined, limits: KeyLimits, tokens = 0, usd = 0) {
  try {
    return await quotas?.admit('ann', limits, { tokens, usd })
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'rate-limited') return undefined
    throw error
  }
}

async function refusalOf(quotas: Quotas | undefined, limits: KeyLimits): Promise<GatewayError> {
  try {
    await quotas?.admit('ann', limits)
  } catch (error) {
    if (error instanceof GatewayError) return error
  }
  throw new Error('it was admitted')
}

describe('what is reserved', () => {
  test('counts at once, and gives way to what it took', async () => {
    const { gateways } = onOneHome(1)
    const [gateway] = gateways
    const limits = { tokensPerDay: 100 }
    const running = await Promise.all(
      Array.from({ length: 50 }, () => admitted(gateway?.quotas, limits, 30)),
    )
    expect(running.filter(Boolean)).toHaveLength(4)
    expect(gateway?.quotas.today('ann').tokens).toBe(120)
    for (const one of running) {
      one?.spend({ tokens: 5 })
      one?.close()
      one?.close()
    }
    expect(gateway?.quotas.today('ann').tokens).toBe(20)
    expect(await admitted(gateway?.quotas, limits, 30)).toBeDefined()
  })

  test('is waited for some seconds, not until tomorrow', async () => {
    const { gateways } = onOneHome(1)
    const quotas = gateways[0]?.quotas
    const limits = { tokensPerDay: 100 }
    const running = await admitted(quotas, limits, 200)
    const reserved = await refusalOf(quotas, limits)
    expect(reserved.retryAfterMs).toBe(5_000)
    expect(reserved.message).toContain(
      'have reserved what is left of its limit of 100 tokens a day',
    )
    running?.spend({ tokens: 100 })
    running?.close()
    expect((await refusalOf(quotas, limits)).retryAfterMs).toBe(DAY)
  })

  test('is money as well as tokens, each with a limit of its own', async () => {
    const { gateways } = onOneHome(1)
    const quotas = gateways[0]?.quotas
    const limits = { tokensPerDay: 1_000, usdPerDay: 1 }
    const running = await Promise.all([1, 2, 3, 4].map(() => admitted(quotas, limits, 10, 0.4)))
    expect(running.map(Boolean)).toEqual([true, true, true, false])
    for (const one of running) one?.spend({ tokens: 7, usd: 0.1 })
    for (const one of running) one?.close()
    expect(quotas?.today('ann').tokens).toBe(21)
    expect(quotas?.today('ann').usd).toBeCloseTo(0.3, 12)
  })

  test('counts on the day on which the request began', async () => {
    const { gateways, clock } = onOneHome(1)
    const quotas = gateways[0]?.quotas
    const limits = { tokensPerDay: 100 }
    const running = await admitted(quotas, limits, 50)
    clock.now += DAY
    running?.spend({ tokens: 60 })
    running?.close()
    expect(quotas?.today('ann').tokens).toBe(0)
    clock.now -= DAY
    expect(quotas?.today('ann').tokens).toBe(60)
  })
})

describe('gateways on one home', () => {
  test('count together: tokens and money, reserved and spent', async () => {
    const { gateways } = onOneHome(2)
    const limits = { tokensPerDay: 1_000, usdPerDay: 100 }
    const running = await Promise.all(
      Array.from({ length: 100 }, (_, at) => admitted(gateways[at % 2]?.quotas, limits, 100, 0.5)),
    )
    expect(running.filter(Boolean)).toHaveLength(10)
    for (const one of running) one?.spend({ tokens: 40, usd: 0.25 })
    for (const one of running) one?.close()
    for (const { quotas } of gateways)
      expect(quotas.today('ann')).toEqual({ tokens: 400, usd: 2.5 })
  })

  test('count requests of a minute together, exactly', async () => {
    const { gateways, clock } = onOneHome(2)
    const limits = { requestsPerMinute: 3 }
    const ask = async (at: number): Promise<boolean> =>
      (await admitted(gateways[at]?.quotas, limits)) !== undefined
    expect([await ask(0), await ask(1)]).toEqual([true, true])
    clock.now += 20_000
    expect([await ask(0), await ask(1), await ask(0)]).toEqual([true, false, false])
    expect((await refusalOf(gateways[1]?.quotas, limits)).retryAfterMs).toBe(40_000)
    clock.now += 39_999
    expect(await ask(0)).toBe(false)
    clock.now += 1
    expect([await ask(0), await ask(1), await ask(1)]).toEqual([true, true, false])
  })

  test('are refused nothing by a count that cannot be read', async () => {
    const { gateways, file } = onOneHome(1)
    const quotas = gateways[0]?.quotas
    const limits = { requestsPerMinute: 3, tokensPerDay: 100 }
    expect(await admitted(quotas, limits, 10)).toBeDefined()
    const db = new Database(file)
    for (const text of ['not a number', '{"x":', '[["a",1],5,null]']) {
      db.run("update kept set value = ? where space = 'spent'", [text])
      expect(await admitted(quotas, limits, 1)).toBeDefined()
    }
    db.close()
  })
})

describe('a count that cannot be written', () => {
  test('goes on in memory and is added once it can', async () => {
    const { gateways, clock, file } = onOneHome(2)
    const [one, other] = gateways
    const limits = { tokensPerDay: 100, requestsPerMinute: 10 }
    await admitted(one?.quotas, limits, 30)
    const blocker = new Database(file)
    blocker.run('begin immediate')
    expect(await admitted(one?.quotas, limits, 50)).toBeDefined()
    expect(await admitted(one?.quotas, limits, 50)).toBeDefined()
    expect(await admitted(one?.quotas, limits, 50)).toBeUndefined()
    blocker.run('rollback')
    blocker.close()
    clock.now += 1_001
    expect(other?.quotas.today('ann').tokens).toBe(30)
    // Refused: nothing is added, and nothing is forgotten either.
    expect(await admitted(one?.quotas, limits, 1)).toBeUndefined()
    const raised = { ...limits, tokensPerDay: 1_000 }
    expect(await admitted(one?.quotas, raised, 1)).toBeDefined()
    expect(other?.quotas.today('ann').tokens).toBe(131)
    const minute = async (): Promise<boolean> =>
      (await admitted(other?.quotas, { requestsPerMinute: 5 })) !== undefined
    expect([await minute(), await minute()]).toEqual([true, false])
  })

  test('outlives a file that is damaged meanwhile', async () => {
    const { gateways, file } = onOneHome(1)
    const [gateway] = gateways
    const limits = { tokensPerDay: 100 }
    await admitted(gateway?.quotas, limits, 60)
    gateway?.state.close()
    writeFileSync(file, Buffer.alloc(readFileSync(file).length, 0xff))
    expect(await admitted(gateway?.quotas, limits, 30)).toBeDefined()
    expect(gateway?.quotas.today('ann').tokens).toBe(90)
    expect(await admitted(gateway?.quotas, limits, 30)).toBeDefined()
    expect(await admitted(gateway?.quotas, limits, 30)).toBeUndefined()
  })
})

test('what is remembered of a minute is bounded, whatever the limit', async () => {
  const { gateways, clock } = onOneHome(1)
  const [gateway] = gateways
  for (let at = 0; at < 2_000; at++) {
    clock.now += 10
    await admitted(gateway?.quotas, { requestsPerMinute: 1_000_000 })
  }
  const held = (await gateway?.state.get('spent', 'ann', ['minute']))?.get('minute') ?? ''
  expect(JSON.parse(held).length).toBeLessThanOrEqual(82)
  expect(held.length).toBeLessThan(2_000)
})
