import { expect, test } from 'bun:test'
import { GatewayError } from '../../../src/lib/errors.ts'
import { failureOf } from '../../../src/protocols/openai-responses/error.ts'

test.each([
  ['slow down', 'slow down. Please try again in 45s.'],
  ['slow down.', 'slow down. Please try again in 45s.'],
  ['slow down!\n', 'slow down! Please try again in 45s.'],
])('when to ask again is a sentence of its own behind %j', (message, expected) => {
  const error = new GatewayError('rate-limited', message, { retryAfterMs: 44_100 })
  expect(failureOf(error)).toEqual({ code: 'rate_limit_exceeded', message: expected })
})
