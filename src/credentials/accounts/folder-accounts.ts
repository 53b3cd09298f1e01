import type { AuthFile } from '../../store/auth-folder.ts'
import { type AccountFile, type FileProblem, readAccountFile } from './account-file.ts'

/** What a folder of account files holds. */
export type FolderAccounts = {
  /** One file an account, in the order of their names. */
  accounts: readonly AccountFile[]
  /** Files that are not used, and why. */
  problems: readonly FileProblem[]
}

/** Of several files of one account the freshest is used and the others are named. */
export function readAccounts(files: readonly AuthFile[]): FolderAccounts {
  const read = files.flatMap(({ name, bytes }) => readAccountFile(name, bytes) ?? [])
  const found = read.filter(file => 'tokens' in file)
  const problems = read.filter(file => 'problem' in file)
  const accounts: AccountFile[] = []
  for (const account of found.toSorted(byPreference)) {
    const used = accounts.find(other => isSame(other, account))
    if (used)
      problems.push({
        file: account.file,
        problem: `it is a second file of ${account.label}; ${used.file} is used, remove the other one`,
      })
    else accounts.push(account)
  }
  return { accounts: accounts.toSorted((a, b) => (a.file < b.file ? -1 : 1)), problems }
}

/** Enabled ones first, then the freshest, then by name, so that every process makes the same choice. */
function byPreference(a: AccountFile, b: AccountFile): number {
  return (
    Number(a.disabled) - Number(b.disabled) ||
    freshness(b) - freshness(a) ||
    (a.file < b.file ? -1 : 1)
  )
}

function freshness({ tokens: { lastRefreshMs, expiresAtMs } }: AccountFile): number {
  return lastRefreshMs ?? expiresAtMs ?? 0
}

function isSame(a: AccountFile, b: AccountFile): boolean {
  if (a.type !== b.type) return false
  if (a.fingerprint === b.fingerprint) return true
  const token = a.tokens.refreshToken
  return token !== undefined && token === b.tokens.refreshToken
}
