import { afterEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAccountStatuses } from '../../../src/credentials/accounts/account-status.ts'
import { readAccounts } from '../../../src/credentials/accounts/folder-accounts.ts'
import { LiveAccount } from '../../../src/credentials/accounts/live-account.ts'
import { vendorBy } from '../../../src/credentials/oauth/vendors.ts'
import { after } from '../../../src/lib/timer.ts'
import { type AuthFolder, createAuthFolder } from '../../../src/store/auth-folder.ts'
import { createMemoryState } from '../../../src/store/state/memory.ts'
import { type TokenEndpoint, tokenEndpoint } from '../../support/token-endpoint.ts'

const NOW = Date.UTC(2026, 0, 1, 12)
const vendor = vendorBy('fileType', 'qwen')
if (!vendor) throw new Error('there is no such vendor')
const use = { vendor, proxy: undefined }
const { signal } = new AbortController()
const FILE = 'qwen-me.json'
const MEMBERS = {
  type: 'qwen',
  email: 'me',
  access_token: 'access-1',
  refresh_token: 'refresh-1',
  expired: '2026-01-01T11:00:00Z',
  mine: { kept: true },
}

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function folderWith(members: object = MEMBERS): string {
  const folder = mkdtempSync(join(tmpdir(), 'jackfield-accounts-'))
  folders.push(folder)
  writeFileSync(join(folder, FILE), JSON.stringify(members))
  return folder
}

type Process = { live: LiveAccount; logged: string[]; clock: { now: number } }

/** As another process would see the same folder. */
function process(
  path: string,
  transport: TokenEndpoint,
  change: (folder: AuthFolder) => Partial<AuthFolder> = () => ({}),
  state = createMemoryState(() => NOW),
): Process {
  const clock = { now: NOW }
  const plain = createAuthFolder({ path, now: () => clock.now, after })
  const folder = { ...plain, ...change(plain) }
  const [account] = readAccounts(folder.files()).accounts
  if (!account) throw new Error('there is no account')
  const logged: string[] = []
  const live = new LiveAccount(folder, account, {
    now: () => clock.now,
    after,
    transport,
    userAgent: 'jackfield/test',
    log: { write: (level, message) => void logged.push(`${level}: ${message}`) },
    statuses: createAccountStatuses(state),
  })
  return { live, logged, clock }
}

const onDisk = (path: string) => JSON.parse(readFileSync(join(path, FILE), 'utf8'))

describe('a token that is over', () => {
  test('is refreshed before it is used, and the new one is on the disk first', async () => {
    const path = folderWith()
    const endpoint = tokenEndpoint()
    const { live } = process(path, endpoint)
    expect(await live.token(use, signal)).toBe('access-2')
    expect(onDisk(path)).toEqual({
      ...MEMBERS,
      access_token: 'access-2',
      refresh_token: 'refresh-2',
      expired: '2026-01-01T13:00:00Z',
      last_refresh: '2026-01-01T12:00:00Z',
    })
    expect(statSync(join(path, FILE)).mode & 0o777).toBe(0o600)
    expect(readdirSync(path).filter(name => /bak|tmp/.test(name))).toEqual([])
    expect(live.token(use, signal)).toBe('access-2')
  })

  test('is refreshed with what the vendor knows the device by', async () => {
    const kimi = vendorBy('fileType', 'kimi')
    if (!kimi) throw new Error('there is no such vendor')
    const path = folderWith({ ...MEMBERS, type: 'kimi', device_id: 'device-1' })
    const endpoint = tokenEndpoint()
    const devices: (string | null)[] = []
    const transport: TokenEndpoint = {
      ...endpoint,
      send(request, signal) {
        devices.push(request.headers.get('x-msh-device-id'))
        return endpoint.send(request, signal)
      },
    }
    await process(path, transport).live.token({ vendor: kimi, proxy: undefined }, signal)
    expect(devices).toEqual(['device-1'])
  })

  test('is refreshed once for all requests that wait', async () => {
    const endpoint = tokenEndpoint()
    const { live } = process(folderWith(), endpoint)
    const tokens = await Promise.all([1, 2, 3, 4].map(() => live.token(use, signal)))
    expect(tokens).toEqual(['access-2', 'access-2', 'access-2', 'access-2'])
    expect(endpoint.seen).toEqual(['refresh-1'])
  })

  test('is refreshed once by several processes on one folder', async () => {
    const path = folderWith()
    const endpoint = tokenEndpoint()
    const all = [1, 2, 3].map(() => process(path, endpoint).live)
    const tokens = await Promise.all(all.map(live => live.token(use, signal)))
    expect(tokens).toEqual(['access-2', 'access-2', 'access-2'])
    expect(endpoint.seen).toEqual(['refresh-1'])
    expect(endpoint.reused).toBe(0)
  })

  test('leaves a request that goes away at once, and is refreshed all the same', async () => {
    const path = folderWith()
    const endpoint = tokenEndpoint()
    const { live } = process(path, endpoint)
    const leaving = new AbortController()
    const token = Promise.resolve(live.token(use, leaving.signal))
    leaving.abort(new Error('gone'))
    expect(await token.catch(String)).toBe('Error: gone')
    await live.settled()
    expect(onDisk(path).refresh_token).toBe('refresh-2')
  })

  test('counts by the clock as it is: one that goes forward refreshes, one that goes back does not', async () => {
    const endpoint = tokenEndpoint()
    const { live, clock } = process(folderWith(), endpoint)
    await live.token(use, signal)
    clock.now = NOW - 86_400_000
    expect(live.token(use, signal)).toBe('access-2')
    clock.now = NOW + 86_400_000
    expect(await live.token(use, signal)).toBe('access-3')
    expect(endpoint.reused).toBe(0)
  })
})

describe('after a 401', () => {
  const fresh = { ...MEMBERS, expired: '2026-01-01T23:00:00Z' }

  test('the token is refreshed once, whichever request was refused', async () => {
    const endpoint = tokenEndpoint()
    const { live } = process(folderWith(fresh), endpoint)
    expect(live.token(use, signal)).toBe('access-1')
    const replaced = await Promise.all([1, 2].map(() => live.replace('access-1', use, signal)))
    expect(replaced).toEqual([true, true])
    expect(await live.replace('access-1', use, signal)).toBe(true)
    expect(endpoint.seen).toEqual(['refresh-1'])
    expect(live.token(use, signal)).toBe('access-2')
  })

  test('what another process wrote meanwhile is used in place of a refresh', async () => {
    const path = folderWith(fresh)
    const endpoint = tokenEndpoint()
    const one = process(path, endpoint).live
    const other = process(path, endpoint).live
    await one.replace('access-1', use, signal)
    expect(await other.replace('access-1', use, signal)).toBe(true)
    expect(other.token(use, signal)).toBe('access-2')
    expect(endpoint.seen).toEqual(['refresh-1'])
  })

  test('an account without refresh token has no other one', async () => {
    const { refresh_token: _, ...setup } = fresh
    const { live } = process(folderWith(setup), tokenEndpoint())
    expect(await live.replace('access-1', use, signal).catch(String)).toContain('jackfield login')
  })
})

describe('a refusal of the refresh token', () => {
  test('is final: it is asked no more, also after a restart, and says what to do', async () => {
    const path = folderWith({ ...MEMBERS, refresh_token: 'spent' })
    const endpoint = tokenEndpoint()
    const state = createMemoryState(() => NOW)
    const { live, logged } = process(path, endpoint, undefined, state)
    for (let round = 0; round < 2; round++) {
      const error = await Promise.resolve(live.token(use, signal)).catch(thrown => thrown)
      expect(error.code).toBe('upstream-auth')
      expect(error.message).toContain('jackfield login qwen')
    }
    const restarted = process(path, endpoint, undefined, state).live
    expect(restarted.failure?.final).toBe(true)
    await Promise.resolve(restarted.token(use, signal)).catch(() => {})
    expect(endpoint.seen).toEqual(['spent'])
    expect(logged).toHaveLength(1)
    expect(logged[0]).toStartWith('error: the qwen account me cannot be refreshed any more')
    expect(onDisk(path).refresh_token).toBe('spent')
  })

  test('counts no more once there are other tokens', async () => {
    const path = folderWith({ ...MEMBERS, refresh_token: 'spent' })
    const { live } = process(path, tokenEndpoint())
    await Promise.resolve(live.token(use, signal)).catch(() => {})
    writeFileSync(join(path, FILE), JSON.stringify(MEMBERS))
    const [account] = readAccounts(
      createAuthFolder({ path, now: () => NOW, after }).files(),
    ).accounts
    if (account) live.adopt(account)
    expect(live.failure).toBeUndefined()
    expect(await live.token(use, signal)).toBe('access-2')
  })

  test('is none where another program was quicker without our lock', async () => {
    const path = folderWith()
    const endpoint = tokenEndpoint()
    endpoint.next = () => {
      const theirs = { ...MEMBERS, access_token: 'theirs', refresh_token: 'refresh-theirs' }
      writeFileSync(
        join(path, FILE),
        JSON.stringify({ ...theirs, expired: '2026-01-01T20:00:00Z' }),
      )
      return Response.json({ error: 'invalid_grant' }, { status: 400 })
    }
    const { live } = process(path, endpoint)
    expect(await live.token(use, signal)).toBe('theirs')
    expect(live.failure).toBeUndefined()
  })
})

describe('a fault of the vendor passes', () => {
  test.each<[string, () => Response]>([
    ['a fault', () => new Response('{"error":"server_error"}', { status: 503 })],
    ['a page in place of JSON', () => new Response('<html>access-2</html>')],
    [
      'no connection',
      () => {
        throw new Error('refused')
      },
    ],
  ])('%s', async (_, answer) => {
    const path = folderWith()
    const endpoint = tokenEndpoint()
    endpoint.next = answer
    const { live } = process(path, endpoint)
    const error = await Promise.resolve(live.token(use, signal)).catch(thrown => thrown)
    expect(error.code).toBe('upstream-failed')
    expect(live.failure).toMatchObject({ final: false })
    expect(onDisk(path)).toEqual(MEMBERS)
    expect(await live.token(use, signal)).toBe('access-2')
    expect(live.failure).toBeUndefined()
  })
})

describe('a crash between any two steps leaves a file that can be used', () => {
  const crash = (): never => {
    throw new Error('killed')
  }
  test.each<[string, (folder: AuthFolder) => Partial<AuthFolder>, string]>([
    ['before the lock', () => ({ lock: crash }), 'refresh-1'],
    [
      'before the issued tokens are in their file',
      () => ({ write: async () => crash() }),
      'refresh-1',
    ],
    ['before the file is read', () => ({ read: async () => crash() }), 'refresh-1'],
    [
      'after the tokens are written',
      folder => ({
        async write(name, content, expected) {
          await folder.write(name, content, expected)
          crash()
        },
      }),
      'refresh-2',
    ],
  ])('%s', async (_, change, expected) => {
    const path = folderWith()
    const endpoint = tokenEndpoint()
    const killed = process(path, endpoint, change).live
    await Promise.resolve(killed.token(use, signal)).catch(() => {})
    expect(onDisk(path).refresh_token).toBe(expected)
    const { live } = process(path, endpoint)
    expect(await live.token(use, signal)).toBe('access-2')
    expect(onDisk(path).refresh_token).toBe('refresh-2')
    expect(await live.replace('access-2', use, signal)).toBe(true)
    expect(endpoint.reused).toBe(0)
    expect(readdirSync(path).filter(name => name.endsWith('.journal'))).toEqual([])
  })

  test('a journal of another sign-in, or half a one, is not used', async () => {
    for (const journal of ['{"instead":"refresh-0","tokens":{"accessToken":"old"}}', '{"inst']) {
      const path = folderWith()
      const { live } = process(path, tokenEndpoint())
      writeFileSync(join(path, `.refresh-${live.account.fingerprint}.journal`), journal)
      expect(await live.token(use, signal)).toBe('access-2')
    }
  })

  test('tokens that cannot be written are not used, and are written as soon as that is possible', async () => {
    const path = folderWith()
    const endpoint = tokenEndpoint()
    let full = true
    const { live } = process(path, endpoint, folder => ({
      async write(name, content, expected) {
        if (full) throw Object.assign(new Error('full'), { code: 'ENOSPC' })
        await folder.write(name, content, expected)
      },
    }))
    const error = await Promise.resolve(live.token(use, signal)).catch(thrown => thrown)
    expect(error.message).toContain('ENOSPC')
    expect(live.secrets()).toContain('access-2')
    full = false
    expect(await live.token(use, signal)).toBe('access-2')
    expect(onDisk(path).refresh_token).toBe('refresh-2')
    expect(endpoint.seen).toEqual(['refresh-1'])
  })
})

describe('another program changes the file during the refresh', () => {
  test.each<[string, object, object]>([
    ['a note of the user stays', { note: 'mine' }, { note: 'mine', refresh_token: 'refresh-2' }],
    [
      'another sign-in goes before what was issued for the old one',
      { access_token: 'signed-in', refresh_token: 'newer', expired: '2026-01-01T20:00:00Z' },
      { access_token: 'signed-in', refresh_token: 'newer' },
    ],
  ])('%s', async (_, members, expected) => {
    const path = folderWith()
    const endpoint = tokenEndpoint()
    let changed = false
    const { live } = process(path, endpoint, folder => ({
      async write(name, content, version) {
        if (!changed) writeFileSync(join(path, FILE), JSON.stringify({ ...MEMBERS, ...members }))
        changed = true
        await folder.write(name, content, version)
      },
    }))
    await live.token(use, signal)
    expect(onDisk(path)).toMatchObject(expected)
    expect(live.account.tokens.accessToken).toBe(onDisk(path).access_token)
  })

  test('a file that is gone is not made again', async () => {
    const path = folderWith()
    const { live } = process(path, tokenEndpoint(), folder => ({
      async write(name, content, version) {
        rmSync(join(path, FILE), { force: true })
        await folder.write(name, content, version)
      },
    }))
    const error = await Promise.resolve(live.token(use, signal)).catch(thrown => thrown)
    expect(error.message).toContain('is gone')
    expect(readdirSync(path).filter(name => name.endsWith('.json'))).toEqual([])
  })
})

test('fresh tokens are secrets from the moment they are issued', async () => {
  const { live } = process(folderWith(), tokenEndpoint(), folder => ({
    async write(name, content, version) {
      expect(live.secrets()).toEqual(
        expect.arrayContaining(['access-2', 'refresh-2', 'access-1', 'refresh-1']),
      )
      await folder.write(name, content, version)
    },
  }))
  await live.token(use, signal)
  const secrets = live.secrets()
  expect(secrets).toContain('access-2')
  expect(live.secrets()).toBe(secrets)
})
