import { describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { type DevicePrompt, signInByDevice } from '../../../src/credentials/oauth/device-sign-in.ts'
import type { DeviceFlow, OAuthVendor } from '../../../src/credentials/oauth/vendor.ts'
import { vendorBy } from '../../../src/credentials/oauth/vendors.ts'
import { countingRandom, fakeTimers, fakeVendor, type Sent } from './fake-http.ts'

const CODE = {
  device_code: 'device-secret',
  user_code: 'ABCD-EFGH',
  verification_uri: 'https://v.example/device',
  verification_uri_complete: 'https://v.example/device?code=ABCD-EFGH',
  expires_in: 600,
  interval: 5,
}
const wait = (error: string, status = 400): Response => Response.json({ error }, { status })
const granted = (): Response => Response.json({ access_token: 'access' })

type Script = { code?: object; polls: ((sent: Sent) => Response)[]; name?: string }

/** Runs the flow with time that passes at once; `pauses` are those between the polls. */
async function run({ code = CODE, polls, name = 'qwen' }: Script) {
  const vendor = vendorBy('name', name) as OAuthVendor & { device: DeviceFlow }
  const timers = fakeTimers()
  const pauses: number[] = []
  const prompts: DevicePrompt[] = []
  const { http, sent } = fakeVendor((request, count) => {
    const poll = polls[Math.min(count - 2, polls.length - 1)]
    return count === 1 ? Response.json(code) : (poll?.(request) ?? granted())
  })
  const result = await signInByDevice(vendor, {
    http: { ...http, after: () => () => {} },
    now: timers.now,
    random: countingRandom(),
    after(ms, run) {
      pauses.push(ms)
      const stop = timers.after(ms, run)
      queueMicrotask(() => timers.advance(ms))
      return stop
    },
    present: prompt => void prompts.push(prompt),
    signal: new AbortController().signal,
  }).catch((error: unknown) => error)
  const bodies = sent.map(({ body }) => Object.fromEntries(new URLSearchParams(body)))
  return { result, pauses, prompts, bodies, startMs: 1_000_000 }
}

describe('what is asked', () => {
  test('has a challenge, and the poll its verifier, where the vendor wants PKCE', async () => {
    const { bodies, prompts, startMs } = await run({ polls: [granted] })
    const [asked, polled] = bodies
    expect(asked).toMatchObject({
      scope: 'openid profile email model.completion',
      code_challenge_method: 'S256',
    })
    expect(polled).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: 'device-secret',
      client_id: asked?.client_id ?? '',
      code_verifier: expect.stringMatching(/^[\w-]{43}$/),
    })
    expect(asked?.code_challenge).toBe(
      createHash('sha256')
        .update(polled?.code_verifier ?? '')
        .digest('base64url'),
    )
    expect(prompts).toEqual([
      {
        url: CODE.verification_uri_complete,
        userCode: 'ABCD-EFGH',
        expiresAtMs: startMs + 300_000,
      },
    ])
  })

  test('has neither scope nor challenge where it wants none', async () => {
    const { bodies } = await run({ polls: [granted], name: 'kimi' })
    expect(Object.keys(bodies[0] ?? {})).toEqual(['client_id'])
    expect(Object.keys(bodies[1] ?? {}).sort()).toEqual(['client_id', 'device_code', 'grant_type'])
  })
})

describe('polling', () => {
  const pending = () => wait('authorization_pending')

  test.each([
    ['goes on while it is pending', [pending, pending, granted], [5000, 5000, 5000]],
    [
      'slows down when told to',
      [() => wait('slow_down', 429), pending, granted],
      [5000, 10_000, 10_000],
    ],
    ['outlives a fault of the vendor', [() => wait('server_error', 502), granted], [5000, 5000]],
    [
      'outlives a network that is away',
      [
        () => {
          throw new Error('gone')
        },
        granted,
      ],
      [5000, 5000],
    ],
    [
      'waits as long as a limit asks',
      [() => Response.json({}, { status: 429, headers: { 'retry-after': '20' } }), granted],
      [5000, 20_000],
    ],
  ])('%s', async (_, polls, expected) => {
    const { result, pauses } = await run({ polls })
    expect(result).toMatchObject({ accessToken: 'access' })
    expect(pauses).toEqual(expected)
  })

  test('keeps the longer interval of the vendor', async () => {
    const { pauses } = await run({ code: { ...CODE, interval: 9 }, polls: [granted] })
    expect(pauses).toEqual([9000])
  })

  test('ends when the code has expired by our clock', async () => {
    const { result, pauses } = await run({ code: { ...CODE, expires_in: 12 }, polls: [pending] })
    expect(String(result)).toContain('has expired; sign in again for a new one')
    expect(pauses).toEqual([5000, 5000])
  })

  test.each([
    ['expired_token', 'has expired; sign in again for a new one'],
    ['access_denied', 'consent was denied at Qwen; sign in again and allow it'],
    ['invalid_client', 'Qwen refused (invalid_client)'],
  ])('ends with %s', async (error, words) => {
    const { result, pauses } = await run({ polls: [() => wait(error)] })
    expect(String(result)).toContain(words)
    expect(pauses).toEqual([5000])
  })

  test('ends when the user leaves', async () => {
    const vendor = vendorBy('name', 'qwen') as OAuthVendor & { device: DeviceFlow }
    const leaving = new AbortController()
    const timers = fakeTimers()
    const { http } = fakeVendor(() => Response.json(CODE))
    const done = signInByDevice(vendor, {
      http: { ...http, after: () => () => {} },
      ...timers,
      random: countingRandom(),
      present: () => queueMicrotask(() => leaving.abort(new Error('left'))),
      signal: leaving.signal,
    })
    await expect(done).rejects.toThrow('left')
    expect(timers.pending()).toBe(0)
  })
})

test.each([
  ['no code', { ...CODE, device_code: undefined }],
  ['nowhere to go', { ...CODE, verification_uri: undefined, verification_uri_complete: undefined }],
  ['a link that is none', { ...CODE, verification_uri_complete: 'javascript:alert(1)' }],
  ['a code that a terminal would obey', { ...CODE, user_code: '\u001b[2J' }],
])('a vendor that gives %s is not shown', async (_, code) => {
  const { result, prompts } = await run({ code, polls: [granted] })
  expect(String(result)).toContain('answered without a device code; try again later')
  expect(prompts).toEqual([])
})
