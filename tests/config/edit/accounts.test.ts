import { describe, expect, test } from 'bun:test'
import { accountChange, withAccountChange } from '../../../src/config/edit/accounts.ts'

const KIMI = { kind: 'kimi', name: 'kimi', label: 'Work' }

const HEAD = 'version: 1\n# mine\nproviders:\n'

describe('what routes.yaml lacks before an account serves', () => {
  test.each([
    ['a provider', '', { type: 'provider', provider: 'kimi', kind: 'kimi' }],
    [
      'a provider of another name where its own is taken',
      `${HEAD}  kimi: { kind: echo }\n`,
      { type: 'provider', provider: 'kimi-2', kind: 'kimi' },
    ],
    [
      'nothing where all accounts are used',
      `${HEAD}  k: { kind: kimi }\n`,
      { type: 'none', provider: 'k' },
    ],
    [
      'nothing where it is listed, in whatever case',
      `${HEAD}  k: { kind: kimi, accounts: [ home ] }\n  l: { kind: kimi, accounts: [ work ] }\n`,
      { type: 'none', provider: 'l' },
    ],
    [
      'its name in a list',
      `${HEAD}  k: { kind: kimi, accounts: [ home ] }\n`,
      { type: 'list', provider: 'k', label: 'Work' },
    ],
    [
      'a provider where the file is damaged',
      'providers: [',
      { type: 'provider', provider: 'kimi', kind: 'kimi' },
    ],
  ] as const)('%s', (_, text, change) => expect(accountChange(text, KIMI)).toEqual(change))
})

describe('the change keeps everything else', () => {
  test.each([
    [
      `${HEAD}  a: { kind: echo } # the demo\n`,
      `${HEAD}  a: { kind: echo } # the demo\n  kimi: { kind: kimi }\n`,
    ],
    [
      `${HEAD}  k:\n    kind: kimi\n    accounts: [ home ] # two\n`,
      `${HEAD}  k:\n    kind: kimi\n    accounts: [ home, Work ] # two\n`,
    ],
    [`${HEAD}  k: { kind: kimi }\n`, `${HEAD}  k: { kind: kimi }\n`],
  ])('%#', (before, after) =>
    expect(withAccountChange(before, accountChange(before, KIMI))).toEqual({
      ok: true,
      text: after,
    }),
  )
})
