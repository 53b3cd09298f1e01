import { describe, expect, test } from 'bun:test'
import {
  estimatorObserver,
  latencyObserver,
  reservationObserver,
} from '../../../src/exchange/accounting/observers.ts'
import type { AttemptEnd, ExchangeEvent } from '../../../src/exchange/events.ts'
import { Progress } from '../../../src/exchange/progress.ts'
import type { ResolvedRequest } from '../../../src/exchange/request.ts'
import type { Target } from '../../../src/routing/table.ts'

const target = { provider: { id: 'p' }, model: 'm' } as Target
const USAGE = { fresh: 10, cacheRead: 20, cacheWrite: 1, output: 5 }
const request = (stream: boolean) =>
  ({
    caller: { name: 'alice' },
    envelope: { stream },
    body: { bytes: new Uint8Array(7) },
  }) as unknown as ResolvedRequest
const ended = (
  outcome: AttemptEnd['outcome'],
  bill: Extract<ExchangeEvent, { type: 'attempt-end' }>['bill'],
): ExchangeEvent => ({
  type: 'attempt-end',
  attempt: { target, losses: [], atMs: 0, outcome, status: 200 },
  bill,
})
const OVER: ExchangeEvent = { type: 'exchange-end', status: 200, atMs: 0, losses: [] }

describe('a reservation', () => {
  function reserved() {
    const calls: unknown[] = []
    const observer = reservationObserver({
      spend: spent => void calls.push(spent),
      close: () => void calls.push('closed'),
    })
    return { calls, observer }
  }

  test('is charged for what each attempt took, and closed with the exchange', () => {
    const { calls, observer } = reserved()
    const progress = new Progress()
    observer.on(ended('failed', undefined), request(false), progress)
    observer.on(
      ended('served', { usage: USAGE, estimated: false, usd: 0.5 }),
      request(false),
      progress,
    )
    observer.on(OVER, request(false), progress)
    expect(calls).toEqual([{ tokens: 36, usd: 0.5 }, 'closed'])
  })

  test('stays open while the last attempt is still being estimated', async () => {
    const { calls, observer } = reserved()
    const progress = new Progress()
    const { promise, resolve } = Promise.withResolvers<void>()
    progress.billing = promise
    observer.on(OVER, request(false), progress)
    expect(calls).toEqual([])
    resolve()
    await promise
    await Promise.resolve()
    expect(calls).toEqual(['closed'])
  })
})

describe('the token estimator learns', () => {
  test.each([
    ['from a reported answer', 'served', false, 1],
    ['nothing from an estimate', 'served', true, 0],
    ['nothing from an answer that broke off', 'failed', false, 0],
    ['nothing from a client that went away', 'cancelled', false, 0],
  ] as const)('%s', (_, outcome, estimated, expected) => {
    const learned: unknown[] = []
    const tokenEstimator = { learn: (...given: unknown[]) => learned.push(given) } as never
    const bill = { usage: USAGE, estimated, usd: undefined }
    estimatorObserver({ tokenEstimator }).on(ended(outcome, bill), request(false), new Progress())
    expect(learned).toHaveLength(expected)
  })
})

describe('latencies are measured', () => {
  test.each([
    ['to the first payload of a stream', true, [['p/m', 120]]],
    ['not for a body, which is answered when all of it is there', false, []],
  ])('%s', (_, stream, expected) => {
    const recorded: unknown[] = []
    const latencies = { record: (...given: unknown[]) => recorded.push(given) } as never
    const answered = { type: 'attempt-answer', target, ms: 120 } as const
    latencyObserver({ latencies }).on(answered, request(stream), new Progress())
    expect(recorded).toEqual(expected)
  })
})
