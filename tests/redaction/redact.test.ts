import { describe, expect, test } from 'bun:test'
import {
  redactBody,
  redactHeaders,
  redactSentence,
  redactUrl,
  secretsInHeaders,
  secretsInUrl,
} from '../../src/redaction/redact.ts'

describe('headers', () => {
  const headers = new Headers({
    accept: 'text/plain',
    authorization: 'Bearer first-secret',
    'x-api-key': 'second-secret',
    'x-team': 'third-secret',
  })

  test('secret ones keep their name and scheme', () =>
    expect(redactHeaders(headers, ['x-team'])).toEqual([
      'accept: text/plain',
      'authorization: Bearer [redacted]',
      'x-api-key: [redacted]',
      'x-team: [redacted]',
    ]))

  test('their values and the words of these are secrets', () =>
    expect(secretsInHeaders(headers)).toEqual([
      'Bearer first-secret',
      'first-secret',
      'second-secret',
      'second-secret',
    ]))

  test('user and password of basic authorization too', () =>
    expect(
      secretsInHeaders(new Headers({ authorization: `Basic ${btoa('me:my-password')}` })),
    ).toContain('my-password'))
})

describe('addresses', () => {
  test.each([
    ['https://me:word@a.test/v1', 'https://[redacted]@a.test/v1'],
    ['/v1?key=abc&alt=sse', '/v1?key=[redacted]&alt=sse'],
    ['/callback?code=abc&state=xyz', '/callback?code=[redacted]&state=[redacted]'],
    ['/v1?api-version=2024', '/v1?api-version=2024'],
  ])('%s', (url, expected) => expect(redactUrl(url)).toBe(expected))

  test('what is hidden is a secret, as it is written and as it is meant', () =>
    expect(secretsInUrl('/v1?key=a%2Fb&alt=sse')).toEqual(['a%2Fb', 'a/b']))
})

describe('bodies', () => {
  const inJson = (text: string): string => JSON.stringify({ text })

  test.each([
    ['{"password": "x", "model": "m"}', '{"password": "[redacted]", "model": "m"}'],
    ['{"passphrase":"x"}', '{"passphrase":"[redacted]"}'],
    [inJson('{"api_key":"x"}'), inJson('{"api_key":"[redacted]"}')],
    ['{"client_secret":"x, cut', '{"client_secret":"[redacted]"'],
    ['{"max_tokens":"1","key":"k","token":"t"}', '{"max_tokens":"1","key":"k","token":"t"}'],
  ])('%s', (text, expected) => expect(redactBody(text)).toBe(expected))
})

test('a sentence that quotes a key', () =>
  expect(redactSentence('no provider named "sk-abcdefgh12", known: a')).toBe(
    'no provider named "(a secret)", known: a',
  ))
