import { describe, expect, test } from 'bun:test'
import {
  type AccountFile,
  readAccountFile,
  withTokens,
} from '../../../src/credentials/accounts/account-file.ts'
import { readAccounts } from '../../../src/credentials/accounts/folder-accounts.ts'

const bytes = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))

function account(file: string, members: unknown): AccountFile {
  const read = readAccountFile(file, bytes(members))
  if (!read || 'problem' in read) throw new Error(read?.problem ?? 'no account')
  return read
}

const CLAUDE = {
  type: 'claude',
  email: 'me@example.com',
  access_token: 'sk-ant-oat-1',
  refresh_token: 'sk-ant-ort-1',
  id_token: '',
  last_refresh: '2026-01-01T00:00:00Z',
  expired: '2026-01-01T08:00:00Z',
}
const AT_8 = Date.UTC(2026, 0, 1, 8)

describe('the formats of CLIProxyAPI', () => {
  test.each<[string, string, object, string, object]>([
    [
      'claude',
      'claude-me@example.com.json',
      CLAUDE,
      'me@example.com',
      {
        accessToken: 'sk-ant-oat-1',
        refreshToken: 'sk-ant-ort-1',
        expiresAtMs: AT_8,
        lastRefreshMs: Date.UTC(2026, 0, 1),
      },
    ],
    [
      'a setup token of claude',
      'claude-setup.json',
      { type: 'claude', access_token: 'a', is_setup_token: true },
      'claude-setup',
      { accessToken: 'a' },
    ],
    [
      'codex',
      'codex-me@example.com.json',
      {
        type: 'codex',
        email: 'me@example.com',
        account_id: 'x',
        access_token: 'a',
        refresh_token: 'r',
        expired: '2026-01-01T08:00:00+00:00',
      },
      'me@example.com',
      { accessToken: 'a', refreshToken: 'r', expiresAtMs: AT_8 },
    ],
    [
      'gemini, its tokens in token',
      'me@example.com-p1.json',
      {
        type: 'gemini',
        email: 'me@example.com',
        project_id: 'p1',
        token: { access_token: 'a', refresh_token: 'r', expiry: '2026-01-01T08:00:00Z' },
      },
      'me@example.com',
      { accessToken: 'a', refreshToken: 'r', expiresAtMs: AT_8 },
    ],
    [
      'gemini after a refresh: the top level is newer',
      'g.json',
      {
        type: 'gemini',
        access_token: 'new',
        expiry: '2026-01-01T08:00:00Z',
        token: { access_token: 'old', refresh_token: 'r', expiry: '2025-01-01T08:00:00Z' },
      },
      'g',
      { accessToken: 'new', refreshToken: 'r', expiresAtMs: AT_8 },
    ],
    [
      'qwen',
      'qwen-work.json',
      {
        type: 'qwen',
        email: 'work',
        access_token: 'a',
        refresh_token: 'r',
        resource_url: 'portal.qwen.ai',
        expired: AT_8 / 1000,
      },
      'work',
      { accessToken: 'a', refreshToken: 'r', expiresAtMs: AT_8 },
    ],
    [
      'iflow by cookie: its time has no zone and means UTC',
      'iflow-me-1.json',
      {
        type: 'iflow',
        email: 'me',
        api_key: 'k',
        cookie: 'BXAuth=x;',
        expired: '2026-01-01 08:00',
      },
      'me',
      { accessToken: '', expiresAtMs: AT_8 },
    ],
    [
      'kimi',
      'kimi-1767225600000.json',
      {
        type: 'kimi',
        access_token: 'a',
        refresh_token: 'r',
        device_id: 'd',
        expired: '2026-01-01T08:00:00Z',
      },
      'kimi-1767225600000',
      { accessToken: 'a', refreshToken: 'r', expiresAtMs: AT_8 },
    ],
    [
      'xai',
      'xai-me@example.com.json',
      {
        type: 'xai',
        auth_kind: 'oauth',
        email: 'me@example.com',
        sub: 's',
        access_token: 'a',
        refresh_token: 'r',
        expires_at: AT_8,
      },
      'me@example.com',
      { accessToken: 'a', refreshToken: 'r', expiresAtMs: AT_8 },
    ],
  ])('%s', (_, file, members, label, tokens) => {
    const read = account(file, members)
    expect(read.label).toBe(label)
    expect(Object.entries(read.tokens).filter(([, value]) => value !== undefined)).toEqual(
      Object.entries(tokens),
    )
  })

  test('optional members are read as far as they have an effect, and the others are named', () => {
    const read = account('c.json', {
      ...CLAUDE,
      disabled: true,
      proxy_url: 'none',
      priority: '3',
      weight: -1,
      note: 'the\nold one',
      headers: { 'X-Team': 'a', 'bad name': 'x', 'x-bad': 'a\r\nb' },
      prefix: 'work',
      excluded_models: ['*-haiku'],
      model_aliases: [],
    })
    expect(read).toMatchObject({
      disabled: true,
      proxy: 'direct',
      priority: 3,
      weight: 0,
      note: 'the old one',
      headers: { 'X-Team': 'a' },
      withoutEffect: ['prefix', 'excluded_models'],
    })
  })

  test('the fingerprint is of the account: it survives tokens, and tells accounts apart', () => {
    const { fingerprint } = account('c.json', CLAUDE)
    const later = { ...CLAUDE, email: 'Me@Example.com', access_token: 'b', refresh_token: 'c' }
    expect(account('other.json', later).fingerprint).toBe(fingerprint)
    expect(account('c.json', { ...CLAUDE, email: 'you@example.com' }).fingerprint).not.toBe(
      fingerprint,
    )
    expect(account('c.json', { ...CLAUDE, type: 'xai' }).fingerprint).not.toBe(fingerprint)
  })
})

describe('a file that cannot be used is named with what to do, and without its tokens', () => {
  test.each<[string, Uint8Array | undefined, string]>([
    ['unreadable', undefined, 'cannot be read'],
    ['empty', bytes(''), 'it is empty'],
    ['cut short', bytes('{"type":"claude",\n"access_token":"sk-secret-tok'), 'line 2'],
    ['a list', bytes('[]'), 'no JSON object'],
    ['a proxy that is none', bytes({ ...CLAUDE, proxy_url: 'ftp://x' }), 'proxy_url'],
    ['no token', bytes({ type: 'claude', email: 'me' }), 'jackfield login claude'],
  ])('%s', (_, content, words) => {
    const read = readAccountFile('c.json', content)
    const problem = read && 'problem' in read ? read.problem : ''
    expect(problem).toContain(words)
    expect(problem).not.toContain('sk-secret')
  })

  test('without a type it is no account, and no problem', () => {
    expect(readAccountFile('x.json', bytes({ a: 1 }))).toBeUndefined()
  })
})

describe('new tokens go into the file', () => {
  const nowMs = Date.UTC(2026, 0, 1, 7)
  const issued = { accessToken: 'a2', refreshToken: 'r2', expiresAtMs: AT_8, rest: {} }
  const written = (text: string, tokens: Parameters<typeof withTokens>[1] = issued) =>
    new TextDecoder().decode(withTokens(bytes(text), tokens, nowMs))

  test('and every other member stays byte for byte', () => {
    const before =
      '{ "type":"claude", "big": 12345678901234567890, "mine": {"z":1, "a":2},\n "access_token":"a1","refresh_token":"r1","expired":"2026-01-01T07:00:00Z","last_refresh":"x"}'
    expect(written(before)).toBe(
      '{ "type":"claude", "big": 12345678901234567890, "mine": {"z":1, "a":2},\n "access_token":"a2","refresh_token":"r2","expired":"2026-01-01T08:00:00Z","last_refresh":"2026-01-01T07:00:00Z"}',
    )
  })

  test.each([
    ['a Unix time stays one', '{"expires_at":1}', { expires_at: AT_8 / 1000 }],
    ['milliseconds stay so', '{"expiry":1767225600000}', { expiry: AT_8 }],
    [
      'beside a member token it is expiry',
      '{"token":{"expiry":"2026-01-01T07:00:00Z"}}',
      { expiry: '2026-01-01T08:00:00Z', token: { expiry: '2026-01-01T07:00:00Z' } },
    ],
    ['without one it is expired', '{}', { expired: '2026-01-01T08:00:00Z' }],
  ])('the expiry is spelled as before: %s', (_, before, expected) => {
    expect(JSON.parse(written(before))).toMatchObject(expected)
  })

  test('a refresh token that is not replaced stays; an expiry that is unknown goes', () => {
    const after = JSON.parse(
      written('{"refresh_token":"r1","expired":"2026-01-01T07:00:00Z"}', {
        accessToken: 'a2',
        rest: {},
      }),
    )
    expect(after).toEqual({
      refresh_token: 'r1',
      access_token: 'a2',
      last_refresh: '2026-01-01T07:00:00Z',
    })
  })
})

describe('of several files of one account one is used and the others are named', () => {
  const named = (files: Record<string, object>) => {
    const { accounts, problems } = readAccounts(
      Object.entries(files).map(([name, members]) => ({ name, bytes: bytes(members) })),
    )
    return [accounts.map(({ file }) => file), problems.map(({ file }) => file)]
  }

  test.each<[string, Record<string, object>, string[], string[]]>([
    [
      'the freshest',
      { 'a.json': CLAUDE, 'b.json': { ...CLAUDE, last_refresh: '2026-01-02T00:00:00Z' } },
      ['b.json'],
      ['a.json'],
    ],
    [
      'one that is enabled',
      {
        'a.json': CLAUDE,
        'b.json': { ...CLAUDE, last_refresh: '2026-01-02T00:00:00Z', disabled: true },
      },
      ['a.json'],
      ['b.json'],
    ],
    [
      'those with the same refresh token are one account, too',
      { 'a.json': CLAUDE, 'b.json': { ...CLAUDE, email: 'you@example.com' } },
      ['a.json'],
      ['b.json'],
    ],
    [
      'two accounts are two',
      { 'a.json': CLAUDE, 'b.json': { ...CLAUDE, email: 'you@example.com', refresh_token: 'r' } },
      ['a.json', 'b.json'],
      [],
    ],
  ])('%s', (_, files, used, others) => expect(named(files)).toEqual([used, others]))
})
