import { parseObject } from '../../lib/json/json.ts'
import { number, object, text } from '../../lib/json/read-json.ts'
import type { AuthFolder } from '../../store/auth-folder.ts'
import type { IssuedTokens } from '../oauth/tokens.ts'

/** Issued tokens that are not in their file yet, and the refresh token that they replace. */
export type Unsaved = { instead: string; tokens: IssuedTokens }

/**
 * Keeps what a vendor has just issued for an account until it is in its file. The vendor takes the
 * old refresh token no more, and a synced write takes milliseconds, in which other accounts wait and
 * the process may be killed; the journal takes microseconds. Use it while the account is locked.
 */
export class UnsavedTokens {
  private readonly folder: Pick<AuthFolder, 'journal' | 'writeJournal'>
  /** Also where the disk is full. */
  private held: Unsaved | undefined

  constructor(folder: Pick<AuthFolder, 'journal' | 'writeJournal'>) {
    this.folder = folder
  }

  /** What was issued in place of this refresh token, by a process that was killed, too. */
  tokensFor(name: string, refreshToken: string): IssuedTokens | undefined {
    const unsaved = this.held ?? parsed(this.folder.journal(name))
    return unsaved?.instead === refreshToken ? unsaved.tokens : undefined
  }

  /** Resolves once other accounts, whose tokens came at the same moment, are in their journals too. */
  async keep(name: string, unsaved: Unsaved): Promise<void> {
    this.held = unsaved
    try {
      this.folder.writeJournal(name, JSON.stringify(unsaved))
    } catch {
      // Memory holds it; the write of the file itself tells what is wrong.
    }
    await new Promise<void>(resolve => setImmediate(resolve))
  }

  drop(name: string): void {
    this.held = undefined
    try {
      this.folder.writeJournal(name, undefined)
    } catch {
      // It names a refresh token that is in no file any more, so it is never used.
    }
  }
}

function parsed(journal: string | undefined): Unsaved | undefined {
  const wire = journal === undefined ? undefined : parseObject(journal)
  const tokens = object(wire?.tokens)
  const instead = text(wire?.instead)
  const accessToken = text(tokens?.accessToken)
  if (instead === undefined || accessToken === undefined) return undefined
  return {
    instead,
    tokens: {
      accessToken,
      refreshToken: text(tokens?.refreshToken),
      expiresAtMs: number(tokens?.expiresAtMs),
      idToken: text(tokens?.idToken),
      rest: {},
    },
  }
}
