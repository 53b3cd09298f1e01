import { describe, expect, test } from 'bun:test'
import { ERROR_POLICY, moreInformative } from '../../src/lib/error-policy.ts'
import { type ErrorCode, GatewayError } from '../../src/lib/errors.ts'

const CODES = Object.keys(ERROR_POLICY) as ErrorCode[]
const where = (holds: (policy: (typeof ERROR_POLICY)[ErrorCode]) => boolean): ErrorCode[] =>
  CODES.filter(code => holds(ERROR_POLICY[code]))

describe('the rows of the table agree with each other', () => {
  test('what the client is answered is not asked again, and cools nothing down', () => {
    for (const code of where(({ after }) => after === 'answer' || after === 'stop'))
      expect([code, ERROR_POLICY[code]]).toEqual([
        code,
        expect.objectContaining({ retry: false, cooldown: 'none' }),
      ])
  })

  test('a credential that is excluded is no reason for another round', () => {
    for (const code of where(({ excludes }) => excludes !== undefined))
      expect([code, ERROR_POLICY[code].retry]).toEqual([code, false])
  })

  test('only a refused credential cools down for every model, and is renewed once', () => {
    expect(where(({ scope }) => scope === 'credential')).toEqual(['upstream-auth'])
    expect(where(({ refreshOnce }) => refreshOnce === true)).toEqual(['upstream-auth'])
  })

  test('a fault that passes leaves the session’s credential for now, and only that', () => {
    expect(where(({ affinity }) => affinity === 'leave-for-now')).toEqual(
      where(({ cooldown }) => cooldown === 'transient'),
    )
  })
})

test.each<[ErrorCode, ErrorCode, ErrorCode]>([
  ['rate-limited', 'upstream-auth', 'rate-limited'],
  ['upstream-auth', 'rate-limited', 'rate-limited'],
  ['upstream-failed', 'overloaded', 'overloaded'],
  ['upstream-not-found', 'no-credential', 'upstream-not-found'],
  ['timeout', 'upstream-failed', 'upstream-failed'],
  ['upstream-failed', 'timeout', 'timeout'],
  ['invalid-request', 'rate-limited', 'invalid-request'],
])('of %s and then %s, %s is told', (first, second, expected) => {
  const errors = [first, second].map(code => new GatewayError(code, code)) as [
    GatewayError,
    GatewayError,
  ]
  expect(moreInformative(...errors).code).toBe(expected)
  expect(moreInformative(undefined, errors[1])).toBe(errors[1])
})
