import { describe, expect, test } from 'bun:test'
import { apiKey } from '../../src/credentials/api-key.ts'
import type { Credential, CredentialSpec, PoolPolicy } from '../../src/credentials/credential.ts'
import { createPool, type Pool } from '../../src/credentials/pool.ts'
import { type ErrorCode, GatewayError } from '../../src/lib/errors.ts'
import { createMemoryState } from '../../src/store/state/memory.ts'
import type { StateStore } from '../../src/store/state.ts'

const POLICY: PoolPolicy = {
  strategy: 'round-robin',
  cooldown: { transientMs: 60_000, maxMs: 1_800_000 },
}
const BEGAN = Date.UTC(2026, 0, 1)

function spec(name: string, more: Partial<CredentialSpec> = {}): Credential {
  const id = `p/${name}`
  const declared = {
    id,
    provider: 'p',
    secret: `secret-${name}`,
    headers: {},
    weight: 1,
    priority: 0,
    ...more,
  }
  return apiKey(declared, { auth: 'none', proxy: undefined })
}

type Bench = {
  pool: Pool
  state: StateStore
  advance(ms: number): void
  next(tried?: readonly string[]): string | undefined
  fails(code: ErrorCode, retryAfterMs?: number): string | undefined
}

function bench(
  specs: readonly Credential[],
  { policy = POLICY, random = 0, state = createMemoryState(() => BEGAN), atMs = BEGAN } = {},
): Bench {
  let now = atMs
  const pool = createPool({ now: () => now, random: () => random, state })
  pool.reconcile(specs, policy)
  return {
    pool,
    state,
    advance: ms => {
      now += ms
    },
    next(tried = []) {
      const lease = pool.acquire('p', 'm', new Set(tried))
      lease?.settle({ ok: true })
      return lease?.credential.id
    },
    fails(code, retryAfterMs) {
      const lease = pool.acquire('p', 'm', new Set())
      lease?.settle({ ok: false, error: failure(code, retryAfterMs) })
      return lease?.credential.id
    },
  }
}

function failure(code: ErrorCode, retryAfterMs?: number): GatewayError {
  return new GatewayError(code, 'no', retryAfterMs === undefined ? {} : { retryAfterMs })
}

const restMs = ({ pool }: Bench, sinceMs = BEGAN): number =>
  (pool.earliestReset('p', 'm') ?? sinceMs) - sinceMs

describe('how long a credential cools down', () => {
  test.each([
    ['rate-limited', undefined, 1_000],
    ['rate-limited', 7_000, 7_000],
    ['rate-limited', 99_000_000, 1_800_000],
    ['quota-exhausted', 60_000, 60_000],
    ['upstream-auth', undefined, 1_800_000],
    ['upstream-not-found', undefined, 1_800_000],
    ['overloaded', undefined, 60_000],
    ['upstream-failed', 3_000, 3_000],
    ['timeout', undefined, 60_000],
    ['invalid-request', undefined, 0],
    ['cancelled', undefined, 0],
  ] as const)('%s, told %p ms: %d ms', (code, told, expected) => {
    const one = bench([spec('a')])
    one.fails(code, told)
    expect(restMs(one)).toBe(expected)
  })

  test('what is to be paid for first cools down as long as a wrong key', () => {
    const one = bench([spec('a')])
    const error = new GatewayError('quota-exhausted', 'top up', { status: 402 })
    one.pool.acquire('p', 'm', new Set())?.settle({ ok: false, error })
    expect(restMs(one)).toBe(1_800_000)
  })

  test('limits that say nothing double, up to the cap, and begin anew after a success', () => {
    const one = bench([spec('a')])
    const cooldowns: number[] = []
    let since = BEGAN
    const fail = (): void => {
      one.fails('rate-limited')
      const cooldown = restMs(one, since)
      cooldowns.push(cooldown / 1_000)
      one.advance(cooldown)
      since += cooldown
    }
    for (let at = 0; at < 13; at++) fail()
    expect(cooldowns).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1800, 1800])
    expect(one.next()).toBe('p/a')
    fail()
    expect(cooldowns.at(-1)).toBe(1)
  })

  test('other faults do not make the next limit longer', () => {
    const one = bench([spec('a')])
    for (let at = 0; at < 5; at++) {
      one.fails('upstream-failed')
      one.advance(60_000)
    }
    one.fails('rate-limited')
    expect(restMs(one, BEGAN + 300_000)).toBe(1_000)
  })

  test('ten failures side by side are one', () => {
    const one = bench([spec('a')])
    const leases = Array.from({ length: 10 }, () => one.pool.acquire('p', 'm', new Set()))
    const error = new GatewayError('rate-limited', 'no')
    for (const lease of leases) lease?.settle({ ok: false, error })
    expect(restMs(one)).toBe(1_000)
  })

  test('a guess is spread by up to a tenth, what was told is not, and neither passes the cap', () => {
    const spread = (code: ErrorCode, told?: number): number => {
      const one = bench([spec('a')], { random: 0.5 })
      one.fails(code, told)
      return restMs(one)
    }
    expect(spread('overloaded')).toBe(63_000)
    expect(spread('rate-limited', 7_000)).toBe(7_000)
    expect(spread('upstream-auth')).toBe(1_800_000)
  })
})

describe('cooldowns after errors of different classes', () => {
  /** Requests side by side, that fail each in its own way. */
  function failing(...faults: [ErrorCode, number?][]): Bench {
    const one = bench([spec('a')])
    const leases = faults.map(() => one.pool.acquire('p', 'm', new Set()))
    for (const [at, [code, told]] of faults.entries())
      leases[at]?.settle({ ok: false, error: failure(code, told) })
    return one
  }

  test('stand side by side, each with its own clock', () => {
    const one = failing(['rate-limited', 20_000], ['overloaded'], ['upstream-not-found'])
    expect(one.pool.states().map(({ code, untilMs }) => [code, untilMs - BEGAN])).toEqual([
      ['rate-limited', 20_000],
      ['overloaded', 60_000],
      ['upstream-not-found', 1_800_000],
    ])
  })

  test('what was told is waited for; what is a guess is not, once that is over', () => {
    const one = failing(['rate-limited', 20_000], ['overloaded'])
    expect(restMs(one)).toBe(20_000)
    expect(one.pool.acquire('p', 'm', new Set(), { includeCoolingDown: true })).toBeUndefined()
    one.advance(20_000)
    expect(one.pool.acquire('p', 'm', new Set())).toBeUndefined()
    expect(one.pool.acquire('p', 'm', new Set(), { includeCoolingDown: true })).toBeDefined()
  })

  test('a fault between two limits changes nothing about the second one', () => {
    const one = failing(['rate-limited'], ['overloaded'])
    one.advance(61_000)
    one.fails('rate-limited')
    expect(one.pool.states()).toMatchObject([{ code: 'rate-limited', level: 2 }])
  })

  test('end together with a success, and outlive a restart', () => {
    const one = failing(['rate-limited', 20_000], ['overloaded'])
    const again = bench([spec('a')], { state: one.state })
    expect(
      again.pool
        .states()
        .map(({ code }) => code)
        .sort(),
    ).toEqual(['overloaded', 'rate-limited'])
    again.advance(61_000)
    again.next()
    expect(bench([spec('a')], { state: one.state }).pool.states()).toEqual([])
  })
})

describe('after a cooldown', () => {
  test('one request tries it; the others go elsewhere until it has begun to answer', () => {
    const two = bench([spec('a'), spec('b')])
    expect(two.fails('upstream-failed')).toBe('p/a')
    two.advance(60_001)
    const leases = Array.from({ length: 5 }, () => two.pool.acquire('p', 'm', new Set()))
    const trials = leases.filter(lease => lease?.credential.id === 'p/a')
    expect(trials).toHaveLength(1)
    trials[0]?.answered()
    const more = new Set([1, 2].map(() => two.pool.acquire('p', 'm', new Set())?.credential.id))
    expect(more).toEqual(new Set(['p/a', 'p/b']))
  })

  test.each(['settle', 'release'] as const)('the trial also ends with %s', how => {
    const two = bench([spec('a'), spec('b')])
    two.fails('upstream-failed')
    two.advance(60_001)
    const onTrial = [1, 2].flatMap(() => {
      const lease = two.pool.acquire('p', 'm', new Set())
      return lease?.credential.id === 'p/a' ? [lease] : []
    })
    if (how === 'release') onTrial[0]?.release()
    else onTrial[0]?.settle({ ok: true })
    const next = new Set([1, 2].map(() => two.pool.acquire('p', 'm', new Set())?.credential.id))
    expect(next).toEqual(new Set(['p/a', 'p/b']))
  })

  test('where no other credential is able, all are used', () => {
    const one = bench([spec('a')])
    one.fails('upstream-failed')
    one.advance(60_001)
    const leases = [1, 2, 3].map(() => one.pool.acquire('p', 'm', new Set())?.credential.id)
    expect(leases).toEqual(['p/a', 'p/a', 'p/a'])
  })

  test('one of weight 0 does not stand in', () => {
    const two = bench([spec('a'), spec('idle', { weight: 0 })])
    two.fails('upstream-failed')
    two.advance(60_001)
    const leases = [1, 2].map(() => two.pool.acquire('p', 'm', new Set())?.credential.id)
    expect(leases).toEqual(['p/a', 'p/a'])
  })
})

describe('a restart', () => {
  test('forgets no cooldown, and a success forgets it for good', () => {
    const before = bench([spec('a'), spec('b')])
    before.fails('rate-limited', 600_000)
    const again = (atMs: number): Bench =>
      bench([spec('a'), spec('b')], { state: before.state, atMs })
    const after = again(BEGAN + 1_000)
    expect(after.pool.acquire('p', 'm', new Set(['p/b']))).toBeUndefined()
    expect(restMs(after, BEGAN)).toBe(600_000)
    after.advance(600_000)
    expect(after.next(['p/b'])).toBe('p/a')
    expect(again(BEGAN + 2_000).next(['p/b'])).toBe('p/a')
  })

  test('with another secret, or a shorter limit, is another matter', () => {
    const before = bench([spec('a')])
    before.fails('upstream-auth')
    const { state } = before
    expect(bench([spec('a', { secret: 'new' })], { state }).next()).toBe('p/a')
    const policy = { ...POLICY, cooldown: { transientMs: 1_000, maxMs: 5_000 } }
    expect(restMs(bench([spec('a')], { state, policy }))).toBe(5_000)
  })

  test('counts at once where another node has written it', () => {
    const shared = createMemoryState(() => BEGAN)
    const reports: Parameters<StateStore['changes']>[0][] = []
    const state: StateStore = {
      ...shared,
      changes(listener) {
        reports.push(listener)
        return () => {}
      },
    }
    const here = bench([spec('a'), spec('b')], { state })
    expect(restMs(here)).toBe(0)
    const elsewhere = bench([spec('a')], { state: shared })
    elsewhere.fails('rate-limited', 7_000)
    expect(here.pool.states()).toEqual([])
    for (const report of reports) report('cooldown', 'p/b')
    expect(here.pool.states()).toEqual([])
    for (const report of reports) report('cooldown', 'p/a')
    expect(here.pool.states()).toMatchObject([{ id: 'p/a', untilMs: BEGAN + 7_000 }])
  })

  test('writes no secret', () => {
    const one = bench([spec('a', { secret: 'sk-very-secret' })])
    one.fails('upstream-auth')
    const [model] = one.state.list('cooldown', 'p/a')
    const values = [...one.state.peek('cooldown', 'p/a', [model ?? '']).values()]
    expect(values).toHaveLength(1)
    expect(values.join()).not.toContain('secret-')
    expect(values.join()).not.toContain('sk-very')
  })

  test('reads what it cannot understand as nothing', () => {
    const state = createMemoryState(() => BEGAN)
    state.put(
      'cooldown',
      'p/a',
      new Map([
        ['m', '{"untilMs":"soon"}'],
        ['n', '[]'],
        ['o', '{'],
      ]),
    )
    expect(bench([spec('a')], { state }).next()).toBe('p/a')
  })
})

test('a reset ends every cooldown, and a restart does not bring one back', () => {
  const two = bench([spec('a'), spec('b')])
  two.fails('quota-exhausted', 600_000)
  two.fails('upstream-auth')
  expect(two.pool.acquire('p', 'm', new Set())).toBeUndefined()
  expect(two.pool.reset()).toBe(2)
  expect(two.pool.states()).toEqual([])
  const again = bench([spec('a'), spec('b')], { state: two.state })
  expect(again.pool.states()).toEqual([])
  expect(again.next()).toBeDefined()
})

test('a reset may be of one credential, of one model, or of both', () => {
  const two = bench([spec('a'), spec('b')])
  const fail = (credential: string, model: string): void => {
    const others = new Set(['p/a', 'p/b'].filter(one => one !== credential))
    const error = new GatewayError('upstream-not-found', 'no')
    two.pool.acquire('p', model, others)?.settle({ ok: false, error })
  }
  for (const model of ['m', 'n']) for (const one of ['p/a', 'p/b']) fail(one, model)
  expect(two.pool.reset({ credential: 'p/a', model: 'm' })).toBe(1)
  expect(two.pool.reset({ credential: 'p/a', model: 'm' })).toBe(0)
  expect(two.pool.reset({ model: 'n' })).toBe(2)
  expect(two.pool.states().map(({ id, model }) => `${id} ${model}`)).toEqual(['p/b m'])
  expect(two.pool.reset({ credential: 'p/b' })).toBe(1)
})

test('a cooldown tells since when, until when, why, and whether the upstream said so', () => {
  const one = bench([spec('a')])
  one.fails('rate-limited', 90_000)
  one.advance(10_000)
  expect(one.pool.states()).toEqual([
    {
      id: 'p/a',
      model: 'm',
      code: 'rate-limited',
      sinceMs: BEGAN,
      untilMs: BEGAN + 90_000,
      level: 1,
      guessed: false,
      told: true,
    },
  ])
  const restarted = bench([spec('a')], { state: one.state, atMs: BEGAN + 10_000 })
  expect(restarted.pool.states()).toEqual(one.pool.states())
  const two = bench([spec('a')])
  two.fails('overloaded')
  expect(two.pool.states()).toMatchObject([{ told: false, guessed: true }])
})

test('what is remembered per model stays bounded', () => {
  const pool = createPool({
    now: () => BEGAN,
    random: () => 0,
    state: createMemoryState(() => BEGAN),
  })
  pool.reconcile([spec('a')], POLICY)
  for (let at = 0; at < 3_000; at++)
    pool
      .acquire('p', `model-${at}`, new Set())
      ?.settle({ ok: false, error: new GatewayError('upstream-not-found', 'no') })
  expect(pool.states().length).toBeLessThanOrEqual(1_000)
})

describe('after a reload', () => {
  const cooling = ({ pool }: Bench): string[] => pool.states().map(({ id }) => id)

  test.each<[string, readonly Credential[], readonly string[]]>([
    ['the same key keeps its cooldown', [spec('a')], ['p/a']],
    ['so does a key that another name is given', [spec('z', { secret: 'secret-a' })], ['p/z']],
    [
      'and one that another key takes the name of',
      [spec('a', { secret: 'new' }), spec('b', { secret: 'secret-a' })],
      ['p/b'],
    ],
    ['another key of the same name has none', [spec('a', { secret: 'other' })], []],
    ['nor has the same key at another provider', [spec('a', { id: 'q/a', provider: 'q' })], []],
  ])('%s', (_, declared, expected) => {
    const one = bench([spec('a')])
    one.fails('rate-limited', 60_000)
    one.pool.reconcile(declared, POLICY)
    expect(cooling(one)).toEqual([...expected])
  })

  test('a lease that was out reports on the key as it is declared now', () => {
    const one = bench([spec('a')])
    const lease = one.pool.acquire('p', 'm', new Set())
    one.pool.reconcile([spec('a', { weight: 5 })], POLICY)
    lease?.settle({ ok: false, error: failure('rate-limited', 60_000) })
    expect(cooling(one)).toEqual(['p/a'])
  })

  test('a cooldown on disk, as versions before wrote it, is that of the same secret', () => {
    const state = createMemoryState(() => BEGAN)
    const secret = new Bun.CryptoHasher('sha256').update('secret-a').digest('hex').slice(0, 16)
    const stored = { sinceMs: BEGAN, untilMs: BEGAN + 60_000, level: 1, code: 'rate-limited' }
    for (const id of ['p/a', 'p/b'])
      state.put('cooldown', id, new Map([['m\tlimit', JSON.stringify({ ...stored, secret })]]))
    expect(cooling(bench([spec('a'), spec('b')], { state }))).toEqual(['p/a'])
  })
})
