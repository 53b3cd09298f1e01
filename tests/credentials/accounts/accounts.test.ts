import { describe, expect, test } from 'bun:test'
import type { AccountFile } from '../../../src/credentials/accounts/account-file.ts'
import { createAccounts } from '../../../src/credentials/accounts/accounts.ts'
import { vendorBy } from '../../../src/credentials/oauth/vendors.ts'
import type { AuthFolder } from '../../../src/store/auth-folder.ts'
import { createMemoryState } from '../../../src/store/state/memory.ts'
import { tokenEndpoint } from '../../support/token-endpoint.ts'

const NOW = Date.UTC(2026, 0, 1)
const FAR = '2027-01-01T00:00:00Z'
const vendor = vendorBy('fileType', 'kimi')
if (!vendor) throw new Error('there is no such vendor')
const reference = (file: string) => ({ folder: '/auth', file, vendor, proxy: undefined })

const kimi = (device: string, more: object = {}): string =>
  JSON.stringify({
    type: 'kimi',
    device_id: device,
    access_token: `a-${device}`,
    refresh_token: `r-${device}`,
    expired: FAR,
    ...more,
  })

/** A folder that is a map; `changed` is what a watcher would call. */
function scene(initial: Record<string, string>) {
  const files = new Map(Object.entries(initial))
  let changed = (): void => {}
  const folder: AuthFolder = {
    path: '/auth',
    files: () =>
      [...files].map(([name, text]) => ({ name, bytes: new TextEncoder().encode(text) })),
    read: async name => {
      const text = files.get(name)
      return text === undefined
        ? undefined
        : { bytes: new TextEncoder().encode(text), version: text }
    },
    write: async (name, bytes) => void files.set(name, new TextDecoder().decode(bytes)),
    remove: async name => void files.delete(name),
    lock: async () => () => {},
    journal: () => undefined,
    writeJournal() {},
    watch(listener) {
      changed = listener
      return () => {
        changed = () => {}
      }
    },
  }
  const logged: string[] = []
  const accounts = createAccounts({
    now: () => NOW,
    random: () => 0,
    after: () => () => {},
    transport: tokenEndpoint(),
    userAgent: 'jackfield/test',
    log: { write: (_, message) => void logged.push(message) },
    state: createMemoryState(() => NOW),
    open: () => folder,
  })
  const reports: (readonly AccountFile[])[] = []
  accounts.use(
    [...files].filter(([, text]) => text.startsWith('{"')).map(([name]) => reference(name)),
    '/auth',
  )
  accounts.start(renewed => reports.push(renewed))
  return {
    accounts,
    files,
    logged,
    reports,
    change(name: string, text: string | undefined) {
      if (text === undefined) files.delete(name)
      else files.set(name, text)
      changed()
    },
  }
}

describe('a change of the folder', () => {
  test.each<[string, string, string | undefined, number]>([
    ['another account is reported', 'b.json', kimi('b'), 1],
    ['one that is gone, too', 'a.json', undefined, 1],
    ['one that is disabled, too', 'a.json', kimi('a', { disabled: true }), 1],
    ['one that is damaged, too', 'a.json', '{', 1],
    [
      'new tokens alone are taken over without a word',
      'a.json',
      kimi('a', { access_token: 'new' }),
      0,
    ],
    ['a member that says nothing here neither', 'a.json', kimi('a', { mine: 1 }), 0],
  ])('%s', (_, name, text, count) => {
    const { change, reports } = scene({ 'a.json': kimi('a') })
    change(name, text)
    expect(reports).toHaveLength(count)
  })

  test('new tokens are used from then on', () => {
    const { accounts, change } = scene({ 'a.json': kimi('a') })
    const live = accounts.live(reference('a.json'))
    change('a.json', kimi('a', { access_token: 'new' }))
    const { signal } = new AbortController()
    expect(live.token({ vendor, proxy: undefined }, signal)).toBe('new')
    expect(live.secrets()).toEqual(['new', 'a-a', 'r-a'])
  })

  test('an account that signed in again after a refusal is named', async () => {
    const { accounts, change, reports } = scene({
      'a.json': kimi('a', { expired: NOW / 1000 - 1 }),
    })
    const live = accounts.live(reference('a.json'))
    const { signal } = new AbortController()
    await Promise.resolve(live.token({ vendor, proxy: undefined }, signal)).catch(() => {})
    expect(live.failure?.final).toBe(true)
    change('a.json', kimi('a', { refresh_token: 'refresh-1' }))
    expect(reports.map(renewed => renewed.map(({ file }) => file))).toEqual([['a.json']])
  })

  test('what an older table names is still there for the requests that use it', () => {
    const { accounts, change } = scene({ 'a.json': kimi('a') })
    change('a.json', undefined)
    accounts.use([], '/auth')
    expect(accounts.live(reference('a.json')).account.label).toBe('a')
  })

  test('is not reported any more after the stop', () => {
    const { accounts, change, reports } = scene({ 'a.json': kimi('a') })
    accounts.stop()
    change('b.json', kimi('b'))
    expect(reports).toEqual([])
  })
})

test('files that are not used, and members without effect, are logged once', () => {
  const { change, logged } = scene({ 'a.json': kimi('a', { prefix: 'work' }), 'torn.json': '{' })
  change('b.json', kimi('b'))
  expect(logged).toEqual([
    expect.stringMatching(/^\/auth\/torn\.json is not used: /),
    expect.stringMatching(/^\/auth\/a\.json: prefix kept, without effect/),
  ])
})
