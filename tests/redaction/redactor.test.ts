import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  createLiveRedactor,
  createRedactor,
  REDACTED,
  redactCredential,
} from '../../src/redaction/redactor.ts'

describe('a redactor', () => {
  test.each<[string, string[], string, string]>([
    ['alone', ['secret-one'], 'secret-one', '[redacted]'],
    ['in the middle', ['secret-one'], 'a secret-one b', 'a [redacted] b'],
    ['twice, side by side', ['secret-one'], 'secret-onesecret-one', '[redacted][redacted]'],
    ['glued to a word', ['secret-one'], 'user_secret-one2', 'user_[redacted]2'],
    ['one begins another', ['secret-one', 'secret-one-two'], 'secret-one-two', '[redacted]'],
    ['in JSON', ['se"cret\\one'], JSON.stringify({ a: 'se"cret\\one' }), '{"a":"[redacted]"}'],
    [
      'in JSON in JSON',
      ['se"cret\\one'],
      JSON.stringify(JSON.stringify(['se"cret\\one'])),
      '"[\\"[redacted]\\"]"',
    ],
    ['in a query', ['se/cret+one'], '?k=se%2Fcret%2Bone', '?k=[redacted]'],
    ['too short to tell from a word', ['local'], 'a local call', 'a local call'],
    ['none', [], 'a secret-one b', 'a secret-one b'],
  ])('%s', (_, secrets, text, clean) => expect(createRedactor(secrets)(text)).toBe(clean))

  test('finds every secret among thousands, wherever it stands', () => {
    const secret = fc.stringMatching(/^[a-z0-9_-]{8,20}$/)
    fc.assert(
      fc.property(
        fc.array(secret, { minLength: 1, maxLength: 40 }),
        fc.array(fc.oneof(fc.string(), secret, fc.nat(39)), { maxLength: 40 }),
        (secrets, pieces) => {
          const text = pieces
            .map(piece => (typeof piece === 'number' ? (secrets[piece] ?? '') : piece))
            .join('')
          const clean = createRedactor(secrets)(text)
          // What stands between two replaced ones is as it was.
          for (const rest of clean.split(REDACTED)) {
            expect(text).toContain(rest)
            for (const secret of secrets) expect(rest).not.toContain(secret)
          }
        },
      ),
      { numRuns: 300, seed: 1 },
    )
  })

  test('says how much of a secret may stand at the end of a text that is cut', () => {
    expect(createRedactor(['secret-one', 'other-secret']).longest).toBe(12)
    expect(createRedactor([]).longest).toBe(0)
  })
})

describe('a redactor over credentials in use', () => {
  const account = (token: string) => {
    const held = [token]
    return { held, secrets: () => held }
  }

  test('takes out the token of the moment, and those before it', () => {
    const { held, secrets } = account('first-token')
    const redact = createLiveRedactor(['of-the-file'], () => [{ secrets }])
    expect(redact('of-the-file first-token second-token')).toBe(
      '[redacted] [redacted] second-token',
    )
    held[0] = 'second-token'
    expect(redact('of-the-file first-token second-token')).toBe('[redacted] [redacted] [redacted]')
    expect(redact.longest).toBe(12)
    expect(redact.and(['of-a-client'])('second-token of-a-client')).toBe('[redacted] [redacted]')
  })

  test('a holder that comes later is asked as well', () => {
    const holders = [account('first-token')]
    const redact = createLiveRedactor([], () => holders)
    expect(redact('late-token')).toBe('late-token')
    holders.push(account('late-token'))
    expect(redact('first-token late-token')).toBe('[redacted] [redacted]')
  })

  test('after thousands of refreshes those in use are known, and only so many of the others', () => {
    const idle = account('idle-token')
    const busy = account('busy-token-0000')
    const redact = createLiveRedactor([], () => [idle, busy])
    redact('')
    for (let at = 1; at <= 1100; at++) {
      busy.held[0] = `busy-token-${String(at).padStart(4, '0')}`
      redact('')
    }
    expect(redact('idle-token busy-token-1100 busy-token-1099')).toBe(
      '[redacted] [redacted] [redacted]',
    )
    expect(redact('busy-token-0000')).toBe('busy-token-0000')
  })
})

describe("an upstream's text without our credential", () => {
  test.each<[string, string[], string, string]>([
    ['the key it refuses', ['sk-refused-1'], 'no key sk-refused-1', 'no key [credential]'],
    [
      'each of several',
      ['token-one', 'token-two'],
      'token-one token-two',
      '[credential] [credential]',
    ],
    ['too short to tell from a word', ['local'], 'a local call', 'a local call'],
    ['none', [], 'no key', 'no key'],
  ])('%s', (_, secrets, text, clean) => expect(redactCredential(secrets, text)).toBe(clean))
})
