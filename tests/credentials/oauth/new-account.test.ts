import { describe, expect, test } from 'bun:test'
import {
  type AccountFolder,
  newAccount,
  saveAccount,
} from '../../../src/credentials/oauth/new-account.ts'
import type { IssuedTokens } from '../../../src/credentials/oauth/tokens.ts'
import { vendorBy } from '../../../src/credentials/oauth/vendors.ts'
import { StoreConflict } from '../../../src/store/store.ts'
import { unsignedToken } from './fake-http.ts'

const NOW = Date.parse('2026-01-01T00:00:00.500Z')
const TOKENS: IssuedTokens = {
  accessToken: 'access',
  refreshToken: 'refresh',
  expiresAtMs: NOW + 3_600_000,
  rest: {
    token_type: 'Bearer',
    scope: 's',
    resource_url: 'portal.qwen.ai',
    account: { uuid: 'u' },
  },
}
const TIMES = { last_refresh: '2026-01-01T00:00:00Z', expired: '2026-01-01T01:00:00Z' }
const PAIR = { access_token: 'access', refresh_token: 'refresh' }

function account(name: string, label: string | undefined, tokens = TOKENS) {
  const vendor = vendorBy('name', name)
  if (!vendor) throw new Error(name)
  return newAccount(vendor, tokens, { label, deviceId: 'device' }, NOW)
}

/** A folder in memory, and what it was asked in order. */
function folderOf(texts: Record<string, string>) {
  const asked: string[] = []
  const stored = new Map(Object.entries(texts))
  const bytesOf = (name: string) => {
    const text = stored.get(name)
    return text === undefined ? undefined : new TextEncoder().encode(text)
  }
  const folder: AccountFolder = {
    files: () => [...stored.keys()].map(name => ({ name, bytes: bytesOf(name) })),
    async read(name) {
      const bytes = bytesOf(name)
      return bytes && { bytes, version: `version of ${name}` }
    },
    async write(name, bytes, expected) {
      asked.push(`write ${name}, ${expected}`)
      stored.set(name, new TextDecoder().decode(bytes))
    },
  }
  return { folder, stored, asked }
}

describe('a file has the members of its vendor', () => {
  test.each([
    ['claude', 'a@b.c', 'claude-a@b.c.json', { type: 'claude', email: 'a@b.c', account_uuid: 'u' }],
    [
      'qwen',
      'work',
      'qwen-work.json',
      { type: 'qwen', email: 'work', resource_url: 'portal.qwen.ai' },
    ],
    [
      'kimi',
      undefined,
      `kimi-${NOW}.json`,
      { type: 'kimi', label: String(NOW), token_type: 'Bearer', scope: 's', device_id: 'device' },
    ],
    [
      'xai',
      'x/../y',
      'xai-x_.._y.json',
      { type: 'xai', email: 'x/../y', auth_kind: 'oauth', token_type: 'Bearer' },
    ],
  ] as const)('%s', (name, label, file, members) => {
    const made = account(name, label)
    expect(made.file).toBe(file)
    expect(JSON.parse(JSON.stringify(made.members))).toEqual({ ...members, ...PAIR, ...TIMES })
  })

  test.each([
    [['p1'], false, 'gemini-a@b.c-p1.json', { project_id: 'p1', auto: true }],
    [['p1', 'p2'], true, 'gemini-a@b.c-all.json', { project_id: 'p1,p2', auto: false }],
  ])('gemini with %p', (projects, chosen, file, members) => {
    const vendor = vendorBy('name', 'gemini')
    if (!vendor) throw new Error('gemini')
    const signedIn = { label: 'a@b.c', deviceId: 'device', projects, chosen }
    const own = { ...vendor, clientSecret: 'secret' }
    const made = newAccount(own, TOKENS, signedIn, NOW)
    const tokens = { ...PAIR, token_type: 'Bearer', expiry: TIMES.expired }
    expect(made.file).toBe(file)
    expect(JSON.parse(JSON.stringify(made.members))).toEqual({
      type: 'gemini',
      email: 'a@b.c',
      ...members,
      checked: true,
      ...tokens,
      last_refresh: TIMES.last_refresh,
      token: {
        ...tokens,
        client_id: vendor.clientId,
        client_secret: 'secret',
        scopes: [...vendor.scopes],
        token_uri: vendor.tokenUrl,
        universe_domain: 'googleapis.com',
      },
    })
  })

  test('the id token and its subject are kept where there is one', () => {
    const idToken = unsignedToken({ sub: 'user-1' })
    expect(account('xai', 'a@b.c', { ...TOKENS, idToken }).members).toMatchObject({
      id_token: idToken,
      sub: 'user-1',
    })
  })
})

describe('a ChatGPT account', () => {
  const tokensOf = (id: string, plan: string): IssuedTokens => {
    const chatgpt = { chatgpt_account_id: id, chatgpt_plan_type: plan }
    const idToken = unsignedToken({ email: 'a@b.c', 'https://api.openai.com/auth': chatgpt })
    return { ...TOKENS, idToken }
  }

  test('is told by its id, and its file by account, e-mail and plan', () => {
    const made = account('codex', 'a@b.c', tokensOf('acct-1', 'plus'))
    expect(made.file).toBe('codex-ba36a4ed-a@b.c-plus.json')
    expect(made.members).toMatchObject({ type: 'codex', email: 'a@b.c', account_id: 'acct-1' })
    expect(account('codex', 'a@b.c').file).toBe('codex-a@b.c.json')
  })

  test('has its own file beside another one of the same e-mail', async () => {
    const { folder, stored } = folderOf({})
    const first = await saveAccount(folder, account('codex', 'a@b.c', tokensOf('acct-1', 'plus')))
    const second = await saveAccount(folder, account('codex', 'a@b.c', tokensOf('acct-2', 'team')))
    const again = await saveAccount(folder, account('codex', 'a@b.c', tokensOf('acct-1', 'pro')))
    expect([second === first, again]).toEqual([false, first])
    expect(stored.size).toBe(2)
  })
})

describe('saving', () => {
  test('keeps a file for each choice of projects', async () => {
    const { folder, stored } = folderOf({
      'mine.json': '{ "type": "gemini", "email": "a@b.c", "project_id": "p1", "note": "n" }',
    })
    const vendor = vendorBy('name', 'gemini')
    if (!vendor) throw new Error('gemini')
    const save = (project: string) =>
      saveAccount(
        folder,
        newAccount(vendor, TOKENS, { label: 'a@b.c', deviceId: 'd', projects: [project] }, NOW),
      )
    expect([await save('p1'), await save('p2')]).toEqual(['mine.json', 'gemini-a@b.c-p2.json'])
    expect(stored.get('mine.json')).toContain('"note": "n"')
  })

  test('begins again where another process was quicker', async () => {
    const { folder, stored } = folderOf({})
    let isFirst = true
    const racing: AccountFolder = {
      ...folder,
      async write(name, bytes, expected) {
        if (!isFirst) return folder.write(name, bytes, expected)
        isFirst = false
        stored.set(name, '{ "type": "qwen", "email": "work", "note": "theirs" }')
        throw new StoreConflict(name, 'before')
      },
    }
    await saveAccount(racing, account('qwen', 'work'))
    expect(JSON.parse(stored.get('qwen-work.json') ?? '')).toMatchObject({
      note: 'theirs',
      ...PAIR,
    })
  })

  test('makes a file where none is there yet', async () => {
    const { folder, stored, asked } = folderOf({})
    expect(await saveAccount(folder, account('qwen', 'work'))).toBe('qwen-work.json')
    expect(JSON.parse(stored.get('qwen-work.json') ?? '')).toMatchObject({ type: 'qwen', ...PAIR })
    expect(asked).toEqual(['write qwen-work.json, absent'])
  })

  test('takes the file that the account has, by whatever name, and keeps its other members', async () => {
    const before =
      '{ "type": "kimi", "label": "Work", "mine": [ 1,2 ],\n "device_id": "old", "access_token": "old" }'
    const { folder, stored, asked } = folderOf({ 'other.json': '{}', 'k.json': before })
    expect(await saveAccount(folder, account('kimi', 'work'))).toBe('k.json')
    expect(stored.get('k.json')).toContain('"mine": [ 1,2 ]')
    expect(JSON.parse(stored.get('k.json') ?? '')).toMatchObject({ device_id: 'old', ...PAIR })
    expect(asked[0]).toBe('write k.json, version of k.json')
  })

  test('leaves no expiry of an earlier token', async () => {
    const before = '{ "type": "qwen", "email": "work", "expired": "2020-01-01T00:00:00Z" }'
    const { folder, stored } = folderOf({ 'qwen-work.json': before })
    await saveAccount(folder, account('qwen', 'work', { accessToken: 'a', rest: {} }))
    expect(JSON.parse(stored.get('qwen-work.json') ?? '').expired).toBeUndefined()
  })

  test.each([
    ['a damaged file', '{ "type": "qwen", "access_to'],
    ['another type of file', '{ "type": "claude" }'],
  ])('%s is left as it is', async (_, text) => {
    const { folder, stored, asked } = folderOf({ 'qwen-work.json': text })
    await expect(saveAccount(folder, account('qwen', 'work'))).rejects.toThrow(
      'left as it is: remove it, or give another --label',
    )
    expect(stored.get('qwen-work.json')).toBe(text)
    expect(asked).toEqual([])
  })
})
