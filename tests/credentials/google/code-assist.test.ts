import { describe, expect, test } from 'bun:test'
import { GOOGLE_HOSTS, onboard } from '../../../src/credentials/google/code-assist.ts'
import { fakeVendor, type Sent } from '../oauth/fake-http.ts'

type Google = {
  loaded?: object
  /** The replies to `onboardUser`, in order; the last one stays. */
  onboarded?: object[]
  projects?: object[]
  service?: Response
  enabled?: Response
}

const done = (id?: string): object => ({
  done: true,
  response: id === undefined ? {} : { cloudaicompanionProject: { id } },
})
const tier = (more: object = {}) => ({
  allowedTiers: [{ id: 'free-tier', isDefault: true, ...more }],
})

function google({ loaded = tier(), onboarded = [done('p')], ...rest }: Google) {
  const pages = [...(rest.projects ?? [])]
  const { http, sent } = fakeVendor(({ url, method }) => {
    if (url.endsWith(':loadCodeAssist')) return Response.json(loaded)
    if (url.endsWith(':onboardUser'))
      return Response.json((onboarded.length > 1 ? onboarded.shift() : onboarded[0]) ?? {})
    if (url.startsWith(`${GOOGLE_HOSTS.resourceManager}/v1/projects`))
      return Response.json(pages.shift() ?? {})
    const reply = method === 'GET' ? rest.service : rest.enabled
    return reply?.clone() ?? Response.json({ state: 'ENABLED' })
  })
  const warnings: string[] = []
  const pauses: number[] = []
  const abort = new AbortController()
  const ready = (project?: string) =>
    onboard(project, {
      hosts: GOOGLE_HOSTS,
      accessToken: 'secret-token',
      http,
      now: () => 0,
      after(ms, run) {
        pauses.push(ms)
        queueMicrotask(run)
        return () => {}
      },
      signal: abort.signal,
      warn: message => warnings.push(message),
    })
  return { ready, sent, warnings, pauses, abort }
}

const calls = (sent: readonly Sent[]): string[] =>
  sent.map(({ method, url }) => `${method} ${url.replace(/^https:\/\/(\w+).*[/:](\w+)/, '$1 $2')}`)
const bodyOf = (sent: readonly Sent[], end: string) =>
  JSON.parse(sent.find(({ url }) => url.endsWith(end))?.body ?? '{}')

describe('one project', () => {
  test('is given by Google where the user names none', async () => {
    const { ready, sent } = google({ onboarded: [done('made')] })
    expect(await ready()).toEqual(['made'])
    expect(calls(sent)).toEqual(['POST cloudcode loadCodeAssist', 'POST cloudcode onboardUser'])
    expect(bodyOf(sent, ':onboardUser')).toMatchObject({ tierId: 'free-tier' })
    expect(bodyOf(sent, ':onboardUser')).not.toHaveProperty('cloudaicompanionProject')
    expect(sent[0]?.headers.get('authorization')).toBe('Bearer secret-token')
  })

  test.each([['text'], [{ id: 'text' }]])(
    'is the one that Google knows already: %p',
    async known => {
      const loaded = { ...tier(), cloudaicompanionProject: known }
      const { ready, sent } = google({ loaded, onboarded: [done()] })
      expect(await ready()).toEqual(['text'])
      expect(bodyOf(sent, ':onboardUser').cloudaicompanionProject).toBe('text')
    },
  )

  test('is the one that Google names in the end', async () => {
    const { ready } = google({ onboarded: [done('another')] })
    expect(await ready('mine')).toEqual(['another'])
  })

  test('has the API turned on where it is off', async () => {
    const { ready, sent } = google({
      onboarded: [done('mine')],
      service: Response.json({ state: 'DISABLED' }),
    })
    await ready('mine')
    expect(sent.slice(2).map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET https://serviceusage.googleapis.com/v1/projects/mine/services/cloudaicompanion.googleapis.com',
      'POST https://serviceusage.googleapis.com/v1/projects/mine/services/cloudaicompanion.googleapis.com:enable',
    ])
  })

  test('whose API is on already is ready', async () => {
    const message = 'service is already enabled'
    const { ready } = google({
      onboarded: [done('mine')],
      service: Response.json({ state: 'DISABLED' }),
      enabled: Response.json({ error: { code: 400, message } }, { status: 400 }),
    })
    expect(await ready('mine')).toEqual(['mine'])
  })

  test('without a tier by default is of the legacy one', async () => {
    const { ready, sent } = google({ loaded: {} })
    await ready('mine')
    expect(bodyOf(sent, ':onboardUser').tierId).toBe('legacy-tier')
  })

  test.each([
    ['mine', 5_000],
    [undefined, 2_000],
  ])('is waited for: %p', async (project, ms) => {
    const { ready, pauses } = google({ onboarded: [{}, { done: false }, done('p')] })
    expect(await ready(project)).toEqual(['p'])
    expect(pauses).toEqual([ms, ms])
  })
})

describe('several projects', () => {
  test('are those of a list, or all of the account', async () => {
    const first = google({ onboarded: [done('a'), done('b')] })
    expect(await first.ready('a, b')).toEqual(['a', 'b'])
    const all = google({
      projects: [
        { projects: [{ projectId: 'a' }], nextPageToken: 'n' },
        { projects: [{ projectId: 'b' }] },
      ],
      onboarded: [done('a'), done('b')],
    })
    expect(await all.ready('ALL')).toEqual(['a', 'b'])
  })

  test('leave out what cannot be used, and say so', async () => {
    const error = { message: 'billing is off' }
    const { ready, warnings } = google({ onboarded: [{ done: true, error }, done('b')] })
    expect(await ready('a,b')).toEqual(['b'])
    expect(warnings).toEqual([
      expect.stringMatching(/^the project a is left out: .*billing is off/),
    ])
  })

  test('of which none can be used are a sentence with the remedy', async () => {
    const { ready } = google({ projects: [{}] })
    await expect(ready('ALL')).rejects.toThrow('jackfield login gemini --project PROJECT')
  })
})

describe('what cannot be set up is a sentence with the remedy', () => {
  const remedy = 'jackfield login gemini --project PROJECT'
  test.each<[string, Google, string | undefined, string[]]>([
    [
      'a tier that wants a project',
      { loaded: tier({ userDefinedCloudaicompanionProject: true }) },
      undefined,
      ['needs a project of its own', remedy],
    ],
    [
      'no project in the end',
      {
        loaded: { ineligibleTiers: [{ reasonMessage: 'not in your country' }] },
        onboarded: [done()],
      },
      undefined,
      ['no project for Code Assist (not in your country)', remedy],
    ],
    ['it never ends', { onboarded: [{}] }, undefined, ['did not finish', 'sign in again later']],
    [
      'the API cannot be turned on',
      {
        service: Response.json({ state: 'DISABLED' }),
        enabled: Response.json(
          { error: { code: 403, message: 'no secret-token' } },
          { status: 403 },
        ),
      },
      'mine',
      ['no …', 'console.cloud.google.com/apis/library'],
    ],
  ])('%s', async (_, answers, project, words) => {
    const message = await google(answers)
      .ready(project)
      .then(String, error => String(error.message))
    for (const word of words) expect(message).toContain(word)
    expect(message).not.toContain('secret-token')
  })

  test('the user who gives up is not kept waiting', async () => {
    const { ready, abort } = google({ onboarded: [{}] })
    abort.abort(new Error('left'))
    await expect(ready()).rejects.toThrow('left')
  })
})
