import { describe, expect, test } from 'bun:test'
import { codeAssistEnvelope, codeAssistLimits } from '../../src/providers/code-assist.ts'

const body = (error: object): string => JSON.stringify({ error })
const retry = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '3.5s' }
const quota = {
  '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
  metadata: { quotaResetDelay: '373.801628ms' },
}

describe('the pause after a quota', () => {
  test.each([
    ['RetryInfo first', body({ details: [quota, retry], message: 'after 9s' }), 3500],
    ['then the delay of the quota', body({ details: [quota], message: 'after 9s' }), 374],
    ['then the words', body({ message: 'Your quota will reset after 1h16m3s.' }), 4_563_000],
    ['the array of a stream', `[${body({ details: [retry] })}]`, 3500],
    ['nothing that is a duration', body({ message: 'after a while' }), undefined],
    ['no JSON', 'try later', undefined],
  ])('%s', (_, text, ms) =>
    expect(codeAssistLimits(429, new Headers(), text)).toEqual(
      ms === undefined ? undefined : { retryAfterMs: ms, scope: 'model' },
    ),
  )

  test('is of quotas alone', () =>
    expect(codeAssistLimits(503, new Headers(), body({ details: [retry] }))).toBeUndefined())
})

test.each([
  ['generate', 'p"1', '{"project":"p\\"1","model":"m","request":'],
  ['generate', undefined, '{"model":"m","request":'],
  ['count-tokens', 'p1', '{"request":'],
] as const)('the envelope of %s for project %s', (action, project, opening) =>
  expect(codeAssistEnvelope.opening({ action, model: 'm', project })).toBe(opening),
)
