import { parseObject } from '../../lib/json/json.ts'
import { number, text } from '../../lib/json/read-json.ts'
import type { HotState } from '../../store/state.ts'
import { fingerprintOf } from '../api-key.ts'
import type { AccountFile } from './account-file.ts'

/** How the last refresh of an account failed. */
export type RefreshFailure = {
  /** The vendor takes this refresh token no more: only signing in again helps. */
  final: boolean
  /** A sentence without secrets. */
  message: string
  atMs: number
}

/** The failures of accounts, in the state that several processes share; they survive a restart. */
export interface AccountStatuses {
  /** Undefined: the last refresh of these tokens succeeded, or there was none. */
  failure(folder: string, account: AccountFile): RefreshFailure | undefined
  /** `failure` undefined: there is none any more. */
  note(folder: string, account: AccountFile, failure: RefreshFailure | undefined): void
}

const KEYS = ['failure']

export function createAccountStatuses(state: Pick<HotState, 'peek' | 'put'>): AccountStatuses {
  const ownerOf = (folder: string, { file }: AccountFile): string => `${folder}/${file}`
  return {
    failure(folder, account) {
      const stored = state.peek('account', ownerOf(folder, account), KEYS).get('failure')
      const wire = stored ? parseObject(stored) : undefined
      const message = text(wire?.message)
      // A failure belongs to the tokens: after another sign-in it counts no more.
      if (!wire || message === undefined || wire.token !== tokenMark(account)) return undefined
      return { final: wire.final === true, message, atMs: number(wire.atMs) ?? 0 }
    },
    note(folder, account, failure) {
      if (!failure && !this.failure(folder, account)) return
      const value = failure ? JSON.stringify({ ...failure, token: tokenMark(account) }) : ''
      state.put('account', ownerOf(folder, account), new Map([['failure', value]]))
    },
  }
}

function tokenMark({ tokens }: AccountFile): string {
  return fingerprintOf(tokens.refreshToken ?? tokens.accessToken)
}
