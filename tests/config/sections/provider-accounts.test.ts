import { describe, expect, test } from 'bun:test'
import { compileTable, formatDiagnostic } from '../../../src/config/index.ts'
import {
  type AccountFile,
  readAccountFile,
} from '../../../src/credentials/accounts/account-file.ts'
import { kinds } from '../../../src/providers/index.ts'

function account(file: string, members: object): AccountFile {
  const whole = { access_token: 'a', refresh_token: 'r', ...members }
  const read = readAccountFile(file, new TextEncoder().encode(JSON.stringify(whole)))
  if (!read || 'problem' in read) throw new Error('no account')
  return read
}

const ACCOUNTS = [
  account('claude-ann.json', {
    type: 'claude',
    email: 'ann@example.com',
    priority: 2,
    weight: 3,
    headers: { 'X-A': 'b' },
    proxy_url: 'http://proxy.test:1',
  }),
  account('claude-bob.json', { type: 'claude', email: 'bob@example.com' }),
  account('claude-off.json', { type: 'claude', email: 'off@example.com', disabled: true }),
  account('codex-ann.json', { type: 'codex', email: 'ann@example.com' }),
  account('gemini-ann.json', { type: 'gemini', email: 'ann@example.com', project_id: 'p1, p2' }),
  account('gemini-bob.json', { type: 'gemini', email: 'bob@example.com', project_id: 'p3' }),
  account('gemini-cat.json', { type: 'gemini', email: 'cat@example.com' }),
  account('kimi-1.json', { type: 'kimi', device_id: 'd1', label: 'mine' }),
  account('kimi-2.json', { type: 'kimi', device_id: 'd2', label: 'mine' }),
]

function compiled(provider: string, top = '') {
  const folders: string[] = []
  const text = `version: 1\n${top}providers: { p: { ${provider} } }\n`
  const result = compileTable('/etc/routes.yaml', text, {
    env: { JACKFIELD_HOME: '/home/jackfield' },
    readFile: () => '',
    kinds,
    accountsIn(folder) {
      folders.push(folder)
      return ACCOUNTS
    },
  })
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join('\n'))
  const found = result.value.providers.get('p')
  if (!found) throw new Error('there is no provider')
  return { provider: found, warnings: result.warnings.map(({ message }) => message), folders }
}

const ids = (provider: string): string[] =>
  compiled(provider).provider.credentials.map(({ id }) => id)

describe('the accounts of a provider', () => {
  test.each<[string, string, string[]]>([
    [
      'all of its kind that are not disabled',
      'kind: claude-oauth',
      ['p/ann@example.com', 'p/bob@example.com'],
    ],
    [
      'all, where that is written',
      'kind: claude-oauth, accounts: all',
      ['p/ann@example.com', 'p/bob@example.com'],
    ],
    [
      'by e-mail, in any case',
      'kind: claude-oauth, accounts: [ Bob@Example.com ]',
      ['p/bob@example.com'],
    ],
    ['a single one', 'kind: claude-oauth, accounts: claude-bob', ['p/bob@example.com']],
    [
      'a project each, where it has projects',
      'kind: gemini-cli',
      ['p/ann@example.com::p1', 'p/ann@example.com::p2', 'p/bob@example.com'],
    ],
    ['none', 'kind: claude-oauth, accounts: [], keys: [ k ]', ['p/key-1']],
    [
      'beside keys',
      'kind: claude-oauth, keys: [ k ], accounts: [ claude-bob.json ]',
      ['p/key-1', 'p/bob@example.com'],
    ],
    ['two of one label are told apart by their files', 'kind: kimi', ['p/mine', 'p/kimi-2']],
  ])('%s', (_, provider, expected) => expect(ids(provider)).toEqual(expected))

  test('bring what their files say of them', () => {
    const { provider } = compiled('kind: claude-oauth, proxy-url: "http://general.test:2"')
    expect(provider.credentials).toMatchObject([
      {
        priority: 2,
        weight: 3,
        headers: { 'X-A': 'b' },
        proxy: 'http://proxy.test:1',
        account: { file: 'claude-ann.json', proxy: 'http://proxy.test:1' },
      },
      { priority: 0, weight: 1, proxy: 'http://general.test:2' },
    ])
  })

  test('are refreshed where oauth says', () => {
    const { provider } = compiled(
      'kind: claude-oauth, oauth: { token-url: "http://own.test/token", client-id: mine, client-secret: secret }',
    )
    expect(provider.credentials[0]?.account?.vendor).toMatchObject({
      tokenUrl: 'http://own.test/token',
      clientId: 'mine',
      clientSecret: 'secret',
      clientAuthentication: 'body',
    })
  })

  test.each([
    ['the user’s own', '', '/home/jackfield/auth'],
    ['beside the file', 'auth-dir: accounts\n', '/etc/accounts'],
    ['anywhere', 'auth-dir: /srv/auth\n', '/srv/auth'],
  ])('come from a folder: %s', (_, top, folder) => {
    expect(compiled('kind: claude-oauth', top).folders).toEqual([folder])
  })

  test('one that is not signed in is named with the nearest', () => {
    const { warnings } = compiled('kind: claude-oauth, accounts: [ ann@example.co ]')
    expect(warnings).toContain('no account "ann@example.co" is signed in')
  })

  test('a provider without any is off, and says how to sign in', () => {
    const { provider } = compiled('kind: qwen')
    expect(provider.off).toBe('no account is signed in: jackfield login qwen')
    expect(provider.unset).toBe(true)
  })
})
