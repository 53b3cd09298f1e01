import { describe, expect, test } from 'bun:test'
import {
  codeForMessage,
  codeForType,
  meansContextExceeded,
  meansNoModel,
} from '../../../src/protocols/shared/error-codes.ts'

describe('the type of an error', () => {
  test.each([
    ['rate_limit_error', 'rate-limited'],
    ['RESOURCE_EXHAUSTED', 'rate-limited'],
    ['RateLimitError', 'rate-limited'],
    ['Throttling.RateQuota', 'rate-limited'],
    ['ThrottlingException', 'rate-limited'],
    ['insufficient_quota', 'quota-exhausted'],
    ['overloaded_error', 'overloaded'],
    ['DEADLINE_EXCEEDED', 'timeout'],
    ['invalid_api_key', 'upstream-auth'],
    ['PERMISSION_DENIED', 'upstream-forbidden'],
    ['not_found_error', 'upstream-not-found'],
    ['request_too_large', 'too-large'],
    ['context_length_exceeded', 'context-exceeded'],
    ['BadRequestError', 'invalid-request'],
    ['INVALID_ARGUMENT', 'invalid-request'],
    ['api_error', 'upstream-failed'],
    ['Internal Server Error', 'upstream-failed'],
    ['constructor', undefined],
    ['', undefined],
    [undefined, undefined],
  ] as const)('%p', (word, code) => expect(codeForType(word)).toBe(code as typeof code & string))
})

describe('the message of an error', () => {
  test.each([
    ['Rate limit reached for requests', 'rate-limited'],
    ['Too Many Requests', 'rate-limited'],
    ['The engine is currently overloaded', 'overloaded'],
    ['We are experiencing high demand', 'overloaded'],
    ["This model's maximum context length is 8192 tokens", 'context-exceeded'],
    ['prompt is too long: 210000 tokens > 200000 maximum', 'context-exceeded'],
    ['Rate limit: the context window was used up', 'context-exceeded'],
    ['something went wrong', undefined],
  ] as const)('%s', (message, code) => {
    expect(codeForMessage(message)).toBe(code as typeof code & string)
    expect(meansContextExceeded(message)).toBe(code === 'context-exceeded')
  })
})

describe('a message says that this credential has no such model', () => {
  test.each([
    ['The model `gpt-9` is not supported', true],
    ['model gpt-9 is not available', true],
    ['unsupported model', true],
    ['gpt-9 is not available on your plan', true],
    ['Images are not supported', false],
    ['tools: not supported with this model', false],
    ['reasoning_effort is not supported by the model: unavailable', false],
  ])('%s', (message, meant) => expect(meansNoModel(message)).toBe(meant))
})
