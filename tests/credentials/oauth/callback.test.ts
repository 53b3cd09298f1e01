import { describe, expect, test } from 'bun:test'
import { isOAuthState, readCallback } from '../../../src/credentials/oauth/callback.ts'

const BOTH = { code: 'the-code', state: 'the-state' }

describe('a pasted callback is read', () => {
  test.each([
    ['a whole URL', 'http://localhost:54545/callback?code=the-code&state=the-state'],
    ['a URL with more in it', 'http://localhost/callback?scope=a+b&state=the-state&code=the-code'],
    ['parameters in the fragment', 'http://localhost/callback#code=the-code&state=the-state'],
    ['one here, one there', 'http://localhost/callback?code=the-code#state=the-state'],
    ['no scheme', 'localhost:54545/callback?code=the-code&state=the-state'],
    ['a query', '?code=the-code&state=the-state'],
    ['its parameters', 'code=the-code&state=the-state'],
    ['a code with its state', 'code=the-code%23the-state'],
    ['a URL of a code with its state', 'http://localhost/callback?code=the-code%23the-state'],
    ['the code and state that Claude shows', 'the-code#the-state'],
    [
      'spaces and quotes around it',
      ' "http://localhost/callback?code=the-code&state=the-state"\r\n',
    ],
  ])('%s', (_, pasted) => expect(readCallback(pasted)).toMatchObject(BOTH))

  test('a refusal', () =>
    expect(
      readCallback('http://localhost/callback?error=access_denied&error_description=a%1Bb&state=s'),
    ).toMatchObject({ error: 'access_denied', description: 'ab', state: 's', code: undefined }))

  test.each([
    ['nothing', ''],
    ['words', 'yes please'],
    ['a URL without a code', 'http://localhost/callback?state=the-state'],
    ['an empty code', 'code=&state=the-state'],
    ['the page of the vendor', 'https://claude.ai/oauth/authorize'],
    ['a book', `code=${'x'.repeat(20_000)}&state=the-state`],
  ])('%s is none', (_, pasted) => expect(readCallback(pasted)).toBeUndefined())
})

test.each([
  ['itself', 'abc', true],
  ['another', 'abd', false],
  ['a longer one', 'abcd', false],
  ['another case', 'ABC', false],
  ['none', undefined, false],
])('a state is %s', (_, given, expected) => expect(isOAuthState(given, 'abc')).toBe(expected))
