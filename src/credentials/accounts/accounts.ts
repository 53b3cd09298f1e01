import type { AuthFolder } from '../../store/auth-folder.ts'
import type { HotState } from '../../store/state.ts'
import type { AccountReference } from '../credential.ts'
import type { AccountFile } from './account-file.ts'
import { createAccountStatuses } from './account-status.ts'
import { type FolderAccounts, readAccounts } from './folder-accounts.ts'
import { LiveAccount, type LiveAccountOptions } from './live-account.ts'
import { createRefresher } from './refresher.ts'

/** The signed-in accounts of this machine. They outlive snapshots of routes.yaml. */
export interface Accounts {
  /** What the folder holds; read when it is asked for first, then kept in step while it is in use. */
  in(folder: string): FolderAccounts
  /** The account in use. */
  live(reference: AccountReference): LiveAccount
  /**
   * Those that are in use from now on: the folder is watched, and they are refreshed in time.
   * `folder` undefined: no provider takes accounts.
   */
  use(references: readonly AccountReference[], folder: string | undefined): void
  /**
   * Begins to watch and to refresh. `changed` is called when other accounts are there, or an account
   * is declared in another way; `renewed` are those that were signed in again.
   */
  start(changed: (renewed: readonly AccountFile[]) => void): void
  /** Watches and begins nothing more. */
  stop(): void
  /** Resolves when no refresh runs: what a vendor has issued is on the disk then. */
  settled(): Promise<void>
}

export type AccountsOptions = Omit<LiveAccountOptions, 'statuses'> & {
  /** From 0 to below 1. */
  random(): number
  state: Pick<HotState, 'peek' | 'put'>
  open(folder: string): AuthFolder
}

export function createAccounts(options: AccountsOptions): Accounts {
  return new FolderWatchingAccounts(options)
}

/** A folder that was asked for. */
type Known = { folder: AuthFolder; accounts: FolderAccounts }

class FolderWatchingAccounts implements Accounts {
  private readonly options: AccountsOptions
  private readonly liveOptions: LiveAccountOptions
  private readonly known = new Map<string, Known>()
  /** Every account that was read, by folder and file: a table in use may name one that is gone. */
  private readonly seen = new Map<string, AccountFile>()
  /** By folder and file. */
  private readonly lives = new Map<string, LiveAccount>()
  private readonly refresher
  private used: string | undefined
  private changed: ((renewed: readonly AccountFile[]) => void) | undefined
  private unwatch: (() => void) | undefined
  /** What was logged of files: each sentence once. */
  private readonly logged = new Set<string>()

  constructor(options: AccountsOptions) {
    this.options = options
    this.liveOptions = { ...options, statuses: createAccountStatuses(options.state) }
    this.refresher = createRefresher(options)
  }

  in(folder: string): FolderAccounts {
    return this.knownAt(folder).accounts
  }

  live(reference: AccountReference): LiveAccount {
    const key = keyOf(reference)
    const before = this.lives.get(key)
    if (before) return before
    const { folder } = this.knownAt(reference.folder)
    const account = this.seen.get(key)
    if (!account) throw new Error(`there is no account file ${reference.file}`)
    const live = new LiveAccount(folder, account, this.liveOptions)
    this.lives.set(key, live)
    return live
  }

  use(references: readonly AccountReference[], folder: string | undefined): void {
    const inUse = references.map(reference => ({ use: reference, live: this.live(reference) }))
    const keys = new Set(references.map(keyOf))
    for (const key of this.lives.keys()) if (!keys.has(key)) this.lives.delete(key)
    this.refresher.follow(inUse)
    const isOther = folder !== this.used
    this.used = folder
    if (isOther && this.changed) this.watch()
    if (folder !== undefined) this.logProblems(folder)
  }

  start(changed: (renewed: readonly AccountFile[]) => void): void {
    this.changed = changed
    this.watch()
    this.refresher.start()
  }

  stop(): void {
    this.unwatch?.()
    this.changed = undefined
    this.refresher.stop()
  }

  async settled(): Promise<void> {
    await Promise.all([...this.lives.values()].map(live => live.settled()))
  }

  private knownAt(path: string): Known {
    const before = this.known.get(path)
    if (before) return before
    const folder = this.options.open(path)
    const known = { folder, accounts: this.read(path, folder) }
    this.known.set(path, known)
    return known
  }

  private read(path: string, folder: AuthFolder): FolderAccounts {
    const read = readAccounts(folder.files())
    for (const account of read.accounts)
      this.seen.set(keyOf({ folder: path, file: account.file }), account)
    return read
  }

  private watch(): void {
    this.unwatch?.()
    this.unwatch = undefined
    const { used } = this
    if (used === undefined) return
    this.unwatch = this.knownAt(used).folder.watch(() => this.reread(used))
    // It may have changed since it was read.
    this.reread(used)
  }

  /** New tokens alone are taken over quietly; everything else is reported. */
  private reread(path: string): void {
    const known = this.knownAt(path)
    const before = known.accounts
    const now = this.read(path, known.folder)
    known.accounts = now
    const renewed = now.accounts.filter(account => this.adopt(path, account))
    const isOther = JSON.stringify(declarations(before)) !== JSON.stringify(declarations(now))
    if (isOther || renewed.length > 0) this.changed?.(renewed)
    this.logProblems(path)
  }

  /** Gives whether it was signed in again after its tokens had been refused for good. */
  private adopt(folder: string, account: AccountFile): boolean {
    const live = this.lives.get(keyOf({ folder, file: account.file }))
    if (!live) return false
    const wasRefused = live.failure?.final === true
    live.adopt(account)
    return wasRefused && !live.failure?.final
  }

  private logProblems(path: string): void {
    const { accounts, problems } = this.in(path)
    const sentences = [
      ...problems.map(({ file, problem }) => `${path}/${file} is not used: ${problem}`),
      ...accounts
        .filter(({ withoutEffect }) => withoutEffect.length > 0)
        .map(
          ({ file, withoutEffect }) =>
            `${path}/${file}: ${withoutEffect.join(', ')} kept, without effect in this version; prefix, exclude and models of the provider do the like`,
        ),
    ]
    for (const sentence of sentences) {
      if (this.logged.has(sentence)) continue
      this.logged.add(sentence)
      this.options.log.write('warn', sentence)
    }
  }
}

function keyOf({ folder, file }: { folder: string; file: string }): string {
  return `${folder}/${file}`
}

/** What routing depends on: everything but tokens. */
function declarations({ accounts, problems }: FolderAccounts): unknown {
  const declared = accounts.map(({ tokens: _tokens, members: _members, ...rest }) => rest)
  return [declared, problems]
}
