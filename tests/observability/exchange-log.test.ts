import { describe, expect, test } from 'bun:test'
import type { AttemptEnd, ExchangeEvent } from '../../src/exchange/events.ts'
import { Progress } from '../../src/exchange/progress.ts'
import type { ResolvedRequest } from '../../src/exchange/request.ts'
import { type ErrorCode, GatewayError } from '../../src/lib/errors.ts'
import { exchangeLog } from '../../src/observability/exchange-log.ts'
import { createLog } from '../../src/observability/log.ts'
import type { Target } from '../../src/routing/table.ts'

const target = { provider: { id: 'p' }, model: 'm' } as Target
const request = {
  id: 'req_1',
  receivedAtMs: 100,
  caller: { name: 'alice' },
  envelope: { model: 'asked' },
} as ResolvedRequest

/** The lines that events write, without their time. */
function linesOf(...events: ExchangeEvent[]): string[] {
  let text = ''
  const log = createLog(
    written => {
      text += written
    },
    () => 0,
  )
  const progress = new Progress()
  progress.attempts = 2
  for (const event of events) exchangeLog({ log }).on(event, request, progress)
  log.flush()
  return text.split('\n').flatMap(line => (line === '' ? [] : [line.replace(/^\S+ /, '')]))
}

const failed = (code: ErrorCode): ExchangeEvent => ({
  type: 'attempt-failure',
  target,
  credential: 'p/one',
  error: new GatewayError(code, 'with a secret', { status: 502 }),
  message: 'without it',
})
const ended = (outcome: AttemptEnd['outcome'], paid: boolean): ExchangeEvent => ({
  type: 'attempt-end',
  attempt: {
    target,
    losses: [{ path: 'thinking', reason: 'none' }],
    atMs: 350.4,
    outcome,
    status: 200,
  },
  bill: paid
    ? { usage: { fresh: 3, cacheRead: 4, output: 5 }, estimated: true, usd: undefined }
    : undefined,
})

describe('the log of an exchange', () => {
  test.each<[string, ExchangeEvent, string[]]>([
    [
      'a failed attempt is a warning, without secrets',
      failed('upstream-failed'),
      [
        'warn attempt failed id=req_1 asked=asked target=p/m credential=p/one code=upstream-failed status=502 message="without it"',
      ],
    ],
    ['a client that goes away is no failure of an upstream', failed('cancelled'), []],
    [
      'an answer is a line with what it took',
      ended('served', true),
      [
        'info served id=req_1 caller=alice asked=asked target=p/m status=200 attempts=2 ms=250 input=7 output=5 estimated=yes losses="thinking: none"',
      ],
    ],
    [
      'a client that left before anything was paid for is a short line',
      ended('cancelled', false),
      ['info cancelled id=req_1 caller=alice asked=asked target=p/m status=200'],
    ],
    ['a failed attempt has no second line', ended('failed', true), []],
  ])('%s', (_, event, lines) => expect(linesOf(event)).toEqual(lines))
})
