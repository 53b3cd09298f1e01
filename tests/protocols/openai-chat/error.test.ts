import { describe, expect, test } from 'bun:test'
import { type ErrorCode, GatewayError } from '../../../src/lib/errors.ts'
import { openaiChat } from '../../../src/protocols/openai-chat/index.ts'

const NOW = Date.UTC(2026, 0, 1)

describe('an upstream’s error keeps its status and its words', () => {
  test.each<[number, unknown, ErrorCode, string]>([
    [
      400,
      { error: { message: 'too long', code: 'context_length_exceeded' } },
      'context-exceeded',
      'too long',
    ],
    [
      400,
      { error: { message: "This model's maximum context length is 8192 tokens" } },
      'context-exceeded',
      'maximum context',
    ],
    [
      400,
      { error: { message: 'bad', type: 'invalid_request_error', param: 'n' } },
      'invalid-request',
      'bad',
    ],
    [422, { detail: [{ msg: 'field required' }] }, 'invalid-request', 'field required'],
    [400, { error: 'plain words' }, 'invalid-request', 'plain words'],
    [400, { message: 'bare' }, 'invalid-request', 'bare'],
    [401, { error: { message: 'no key', code: 'invalid_api_key' } }, 'upstream-auth', 'no key'],
    [402, { error: { message: 'no credit', code: 402 } }, 'quota-exhausted', 'no credit'],
    [403, { error: { message: 'no' } }, 'upstream-forbidden', 'no'],
    [404, [{ error: { message: 'no model' } }], 'upstream-not-found', 'no model'],
    [413, '<html><title>413</title></html>', 'too-large', '413'],
    [429, { error: { message: 'slow down' } }, 'rate-limited', 'slow down'],
    [429, { error: { message: 'pay', type: 'insufficient_quota' } }, 'quota-exhausted', 'pay'],
    [500, '', 'upstream-failed', 'no reason'],
    [
      502,
      { error: { message: 'Provider returned error', metadata: { raw: 'behind' } } },
      'upstream-failed',
      'behind',
    ],
    [503, { error: { message: 'busy' } }, 'overloaded', 'busy'],
    [504, 'gateway timeout', 'timeout', 'gateway timeout'],
    [529, {}, 'overloaded', '{}'],
  ])('%i %j', (status, body, code, words) => {
    const sent = typeof body === 'string' ? body : JSON.stringify(body)
    const error = openaiChat.decodeError(status, new Headers(), sent, NOW)
    expect([error.status, error.code]).toEqual([status, code])
    expect(error.message).toContain(words)
  })

  test('how long to wait, and which member', () => {
    const body = JSON.stringify({ error: { message: 'x', type: 't', param: 'n' } })
    const error = openaiChat.decodeError(429, new Headers({ 'retry-after': '3' }), body, NOW)
    expect(error).toMatchObject({ retryAfterMs: 3_000, param: 'n', type: 't' })
  })
})

test('our errors in this protocol’s shape', () => {
  const error = new GatewayError('unauthenticated', 'no such key', { retryAfterMs: 1_200 })
  expect(openaiChat.encodeError(error)).toEqual({
    status: 401,
    headers: { 'retry-after': '2', 'x-should-retry': 'false' },
    body: {
      error: {
        message: 'no such key',
        type: 'authentication_error',
        param: null,
        code: 'invalid_api_key',
      },
    },
  })
})
