import { GatewayError } from '../../lib/errors.ts'
import type { Log } from '../../lib/log.ts'
import { codeOf, reasonOf } from '../../lib/thrown.ts'
import type { After } from '../../lib/timer.ts'
import { unlessAborted } from '../../lib/unless-aborted.ts'
import type { HttpTransport } from '../../providers/transport.ts'
import type { AuthFolder } from '../../store/auth-folder.ts'
import { StoreConflict, type StoredDocument } from '../../store/store.ts'
import type { AccountReference } from '../credential.ts'
import { deviceHeaders } from '../oauth/device-headers.ts'
import { OAuthError } from '../oauth/error.ts'
import { type IssuedTokens, refreshTokens } from '../oauth/tokens.ts'
import { withFileClient } from '../oauth/vendor.ts'
import {
  type AccountFile,
  type AccountTokens,
  readAccountFile,
  withTokens,
} from './account-file.ts'
import type { AccountStatuses, RefreshFailure } from './account-status.ts'
import { UnsavedTokens } from './unsaved-tokens.ts'

export type LiveAccountOptions = {
  now(): number
  after: After
  transport: HttpTransport
  /** How we name ourselves. */
  userAgent: string
  log: Pick<Log, 'write'>
  statuses: AccountStatuses
}

/** How a provider uses an account. */
export type AccountUse = Pick<AccountReference, 'vendor' | 'proxy'>

/** A token with less than this left is refreshed before it is used. */
const EARLY_MS = 2_000
/** For the lock, which another process may hold for the time of one refresh. */
const LOCK_MS = 45_000
/** Tokens that were replaced may still be in replies under way. */
const MAX_ISSUED = 8

/**
 * One account in use: its present tokens, and their refresh. One refresh runs at a time, in this
 * process and across processes; a process that waited takes what the other one wrote.
 */
export class LiveAccount {
  private readonly folder: AuthFolder
  private readonly options: LiveAccountOptions
  private current: AccountFile
  private issued: readonly string[]
  private running: Promise<void> | undefined
  private readonly unsaved: UnsavedTokens

  constructor(folder: AuthFolder, account: AccountFile, options: LiveAccountOptions) {
    this.folder = folder
    this.options = options
    this.current = account
    this.issued = secretsOf(account)
    this.unsaved = new UnsavedTokens(folder)
  }

  get account(): AccountFile {
    return this.current
  }

  /** The last refresh failed for these tokens. */
  get failure(): RefreshFailure | undefined {
    return this.options.statuses.failure(this.folder.path, this.current)
  }

  /** What must not be written down. The same array while that is the same. */
  secrets(): readonly string[] {
    return this.issued
  }

  /** The file is this now. */
  adopt(account: AccountFile): void {
    this.current = account
    this.remember(secretsOf(account))
  }

  /**
   * An access token that is not over; a promise only where it has to be refreshed first. Throws
   * `upstream-auth` where only signing in again helps, `upstream-failed` where the vendor cannot
   * refresh it now.
   */
  token(use: AccountUse, signal: AbortSignal): string | Promise<string> {
    const { accessToken } = this.current.tokens
    if (!this.isOver(this.current.tokens)) return accessToken
    return this.refreshed(use, tokens => this.isOver(tokens), signal).then(
      () => this.current.tokens.accessToken,
    )
  }

  /** After a 401 to this token: whether there is another one now. */
  async replace(refused: string, use: AccountUse, signal: AbortSignal): Promise<boolean> {
    const isRefused = ({ accessToken }: AccountTokens): boolean => accessToken === refused
    if (isRefused(this.current.tokens)) await this.refreshed(use, isRefused, signal)
    return !isRefused(this.current.tokens)
  }

  /** Refreshes it once, also where its token is not over yet. Rejects as `token` throws. */
  refreshAhead(use: AccountUse): Promise<void> {
    const before = this.current.tokens.accessToken
    return this.refresh(use, ({ accessToken }) => accessToken === before)
  }

  /** Resolves when no refresh runs any more. */
  async settled(): Promise<void> {
    await this.running?.catch(() => {})
  }

  private isOver({ accessToken, expiresAtMs = Number.POSITIVE_INFINITY }: AccountTokens): boolean {
    return accessToken === '' || expiresAtMs - EARLY_MS <= this.options.now()
  }

  private refreshed(
    use: AccountUse,
    isStale: (tokens: AccountTokens) => boolean,
    signal: AbortSignal,
  ): Promise<void> {
    return unlessAborted(this.refresh(use, isStale), signal)
  }

  /** The refresh that runs, or a new one. */
  private refresh(use: AccountUse, isStale: (tokens: AccountTokens) => boolean): Promise<void> {
    this.running ??= this.refreshLocked(use, isStale).finally(() => {
      this.running = undefined
    })
    return this.running
  }

  private async refreshLocked(
    use: AccountUse,
    isStale: (tokens: AccountTokens) => boolean,
  ): Promise<void> {
    const release = await this.locked()
    try {
      // Another process may have refreshed it while this one waited.
      const document = await this.reread()
      if (!isStale(this.current.tokens)) return
      const { refreshToken } = this.current.tokens
      if (refreshToken === undefined) throw this.over('it has no refresh token')
      if (this.failure?.final) throw this.over(this.failure.message)
      const tokens =
        this.unsaved.tokensFor(this.lock, refreshToken) ?? (await this.requested(refreshToken, use))
      if (tokens) await this.save(document, refreshToken, tokens)
    } finally {
      release()
    }
  }

  private async locked(): Promise<() => void> {
    const limit = new AbortController()
    const stop = this.options.after(LOCK_MS, () => limit.abort())
    try {
      return await this.folder.lock(this.lock, limit.signal)
    } catch (error) {
      const reason = limit.signal.aborted
        ? 'another process has been refreshing it for too long'
        : `${this.folder.path} cannot be written to (${codeOf(error) ?? reasonOf(error)}); make it writable for this user`
      throw this.failed(reason, error)
    } finally {
      stop()
    }
  }

  /** The file as it is now. Throws where it is gone or damaged. */
  private async reread(): Promise<StoredDocument> {
    const { file } = this.current
    const document = await this.folder.read(file).catch(() => undefined)
    if (!document) throw this.over(`its file ${file} is gone`)
    const read = readAccountFile(file, document.bytes)
    if (!read || 'problem' in read)
      throw this.failed(`${file}: ${read?.problem ?? 'it has no type any more'}`)
    this.adopt(read)
    return document
  }

  /** Undefined: another program has refreshed it meanwhile, and its tokens are adopted. */
  private async requested(
    refreshToken: string,
    { vendor, proxy }: AccountUse,
  ): Promise<IssuedTokens | undefined> {
    const { transport, userAgent, after, now } = this.options
    try {
      const { members } = this.current
      const headers = deviceHeaders(vendor, members)
      const http = { transport, userAgent, after, proxy, headers }
      const tokens = await refreshTokens(withFileClient(vendor, members), refreshToken, http, now())
      // Before anything else is done with them: they are secrets from now on.
      this.remember(issuedSecrets(tokens))
      await this.unsaved.keep(this.lock, { instead: refreshToken, tokens })
      return tokens
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error
      if (error.code !== 'invalid-grant')
        throw this.failed(error.message, error, error.retryAfterMs)
      // A program that does not use our locks may have been quicker.
      await this.reread()
      if (this.current.tokens.refreshToken !== refreshToken) return undefined
      throw this.refused(error)
    }
  }

  /** Writes what was issued; a token that replaced another one is used only once it is on the disk. */
  private async save(read: StoredDocument, instead: string, tokens: IssuedTokens): Promise<void> {
    const { file } = this.current
    this.remember(issuedSecrets(tokens))
    let document = read
    for (;;) {
      const bytes = withTokens(document.bytes, tokens, this.options.now())
      try {
        await this.folder.write(file, bytes, document.version)
        break
      } catch (error) {
        if (!(error instanceof StoreConflict))
          throw this.failed(
            `its new tokens could not be written to ${file} (${codeOf(error) ?? reasonOf(error)}); make room there, or make it writable`,
            error,
          )
      }
      document = await this.reread()
      // Another sign-in, or another program: its tokens are newer than what was read before.
      if (this.current.tokens.refreshToken !== instead) break
    }
    this.unsaved.drop(this.lock)
    await this.reread()
    this.options.statuses.note(this.folder.path, this.current, undefined)
  }

  private remember(secrets: readonly string[]): void {
    const fresh = secrets.filter(secret => secret !== '' && !this.issued.includes(secret))
    if (fresh.length > 0) this.issued = [...fresh, ...this.issued].slice(0, MAX_ISSUED)
  }

  private failed(reason: string, cause?: unknown, retryAfterMs?: number): GatewayError {
    const message = `the ${this.name} could not be refreshed: ${reason}`
    this.note({ final: false, message: reason, atMs: this.options.now() })
    return new GatewayError('upstream-failed', message, { cause, retryAfterMs })
  }

  /** The vendor's final word on this refresh token. */
  private refused(error: OAuthError): GatewayError {
    if (!this.failure?.final)
      this.options.log.write(
        'error',
        `the ${this.name} cannot be refreshed any more (${error.message}); sign in again: ${this.login}; other accounts serve meanwhile`,
      )
    this.note({ final: true, message: error.message, atMs: this.options.now() })
    return this.over(error.message.replace(/; sign in again$/, ''))
  }

  private over(reason: string): GatewayError {
    return new GatewayError(
      'upstream-auth',
      `the ${this.name} cannot be used (${reason}); sign in again: ${this.login}`,
    )
  }

  /** What is final stays so until there are other tokens. */
  private note(failure: RefreshFailure): void {
    if (this.failure?.final) return
    this.options.statuses.note(this.folder.path, this.current, failure)
  }

  private get name(): string {
    return `${this.current.type} account ${this.current.label}`
  }

  private get lock(): string {
    return refreshLock(this.current)
  }

  private get login(): string {
    return `jackfield login ${this.current.type}`
  }
}

/** The name of the lock, and of the journal, of an account's refresh. */
export function refreshLock({ fingerprint }: Pick<AccountFile, 'fingerprint'>): string {
  return `refresh-${fingerprint}`
}

function issuedSecrets({ accessToken, refreshToken = '', idToken = '' }: IssuedTokens): string[] {
  return [accessToken, refreshToken, idToken]
}

function secretsOf({ tokens: { accessToken, refreshToken }, members }: AccountFile): string[] {
  const idToken = typeof members.id_token === 'string' ? members.id_token : ''
  return [accessToken, refreshToken ?? '', idToken].filter(secret => secret !== '')
}
