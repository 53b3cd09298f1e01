import { type FolderAccounts, readAccounts } from '../credentials/accounts/folder-accounts.ts'
import { codeOf, reasonOf } from '../lib/thrown.ts'
import { after } from '../lib/timer.ts'
import { type AuthFolder, createAuthFolder } from '../store/auth-folder.ts'

/** A folder of account files, for commands. */
export function openAuthFolder(path: string): AuthFolder {
  return createAuthFolder({ path, now: Date.now, after })
}

/** The accounts of a folder as they are now. */
export function accountsOfFolder(path: string): FolderAccounts {
  return readAccounts(openAuthFolder(path).files())
}

/** Why a folder or a file could not be used, and what to do. */
export function folderProblem(error: unknown, path: string): string {
  return `${path} cannot be changed (${codeOf(error) ?? reasonOf(error)}); make it writable for this user, and try again`
}
