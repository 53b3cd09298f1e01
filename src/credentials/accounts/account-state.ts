import type { AccountFile } from './account-file.ts'
import type { RefreshFailure } from './account-status.ts'

/** What an account is good for now. */
export type AccountState =
  | 'ready'
  /** Its token is over and is refreshed when it is used next. */
  | 'over'
  /** It was not refreshed the last time; that may pass. */
  | 'failing'
  /** Only signing in again helps. */
  | 'sign-in-again'
  | 'disabled'
  /** No kind of this version uses its files. */
  | 'not-served'

/** `served`: some kind of this version uses accounts of its type. */
export function accountState(
  { disabled, tokens }: AccountFile,
  failure: RefreshFailure | undefined,
  served: boolean,
  nowMs: number,
): AccountState {
  const { refreshToken, expiresAtMs = Number.POSITIVE_INFINITY } = tokens
  if (!served) return 'not-served'
  if (disabled) return 'disabled'
  const isOver = expiresAtMs <= nowMs
  if (failure?.final || (isOver && refreshToken === undefined)) return 'sign-in-again'
  if (failure) return 'failing'
  return isOver ? 'over' : 'ready'
}

/** The state in words, with what to do where there is something. */
export function stateText(state: AccountState, { type }: Pick<AccountFile, 'type'>): string {
  switch (state) {
    case 'ready':
      return 'ready'
    case 'over':
      return 'refreshed when it is used next'
    case 'failing':
      return 'its last refresh failed; it is tried again'
    case 'sign-in-again':
      return `sign in again: jackfield login ${type}`
    case 'disabled':
      return 'disabled in its file'
    case 'not-served':
      return 'kind not served yet'
  }
}
