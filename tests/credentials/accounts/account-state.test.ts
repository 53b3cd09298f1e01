import { describe, expect, test } from 'bun:test'
import {
  type AccountFile,
  readAccountFile,
} from '../../../src/credentials/accounts/account-file.ts'
import { accountState, stateText } from '../../../src/credentials/accounts/account-state.ts'
import {
  createAccountStatuses,
  type RefreshFailure,
} from '../../../src/credentials/accounts/account-status.ts'
import { createMemoryState } from '../../../src/store/state/memory.ts'

const NOW = Date.UTC(2026, 0, 1)
const OVER = '2025-01-01T00:00:00Z'

function account(members: object): AccountFile {
  const whole = { type: 'claude', email: 'me', access_token: 'a', refresh_token: 'r', ...members }
  const read = readAccountFile('c.json', new TextEncoder().encode(JSON.stringify(whole)))
  if (!read || 'problem' in read) throw new Error('no account')
  return read
}

const failure = (final: boolean): RefreshFailure => ({ final, message: 'no', atMs: NOW })

describe('the state of an account', () => {
  test.each<[string, object, RefreshFailure | undefined, string, string]>([
    ['good', {}, undefined, 'ready', 'ready'],
    ['over', { expired: OVER }, undefined, 'over', 'refreshed when it is used next'],
    [
      'over for good',
      { expired: OVER, refresh_token: '' },
      undefined,
      'sign-in-again',
      'jackfield login claude',
    ],
    ['refused for good', {}, failure(true), 'sign-in-again', 'jackfield login claude'],
    ['not refreshed', {}, failure(false), 'failing', 'tried again'],
    ['disabled', { disabled: true }, failure(true), 'disabled', 'disabled in its file'],
  ])('%s', (_, members, failed, state, words) => {
    const found = accountState(account(members), failed, true, NOW)
    expect(found).toBe(state as typeof found)
    expect(stateText(found, account(members))).toContain(words)
  })

  test('is not served where no kind uses it', () => {
    expect(accountState(account({}), undefined, false, NOW)).toBe('not-served')
  })
})

describe('a failure is stored', () => {
  test('for these tokens, also for another process, until it is over', () => {
    const state = createMemoryState(() => NOW)
    const [ours, theirs] = [createAccountStatuses(state), createAccountStatuses(state)]
    expect(theirs.failure('/auth', account({}))).toBeUndefined()
    ours.note('/auth', account({}), failure(true))
    expect(theirs.failure('/auth', account({}))).toEqual(failure(true))
    expect(theirs.failure('/auth', account({ refresh_token: 'other' }))).toBeUndefined()
    expect(theirs.failure('/other', account({}))).toBeUndefined()
    ours.note('/auth', account({}), undefined)
    expect(theirs.failure('/auth', account({}))).toBeUndefined()
  })
})
