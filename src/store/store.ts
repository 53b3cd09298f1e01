/**
 * Documents that people and programs both edit: `routes.yaml`, `auth/NAME.json`. Keys are relative
 * paths with `/`. Every form of it passes tests/store/store-suite.ts.
 */
export interface Store {
  /** Undefined: there is no such document. Rejects where it cannot be read. */
  read(key: string): Promise<StoredDocument | undefined>
  /**
   * Replaces the document that still has the `expected` version, or makes one where there is none:
   * all of it or nothing. Rejects with `StoreConflict`, and with what the system says.
   */
  write(key: string, bytes: Uint8Array, expected: Version | typeof ABSENT): Promise<Written>
  /** Takes the document out that still has the `expected` version. Rejects as `write` does. */
  remove(key: string, expected: Version): Promise<void>
  /** The documents whose keys begin so, in the order of their keys. */
  list(prefix: string): AsyncIterable<{ key: string; version: Version }>
  /**
   * Gives the key of each document below the prefix after it was changed, made or removed, by this
   * process or another one, from the call on; several changes of one may come as one. Ends with the signal.
   */
  changes(prefix: string, signal: AbortSignal): AsyncIterable<string>
}

/** Means something to its store only; the same contents may have the same one. */
type Version = string

/** Expected where there must be no document yet. */
export const ABSENT = 'absent'

/** One document and the store that holds it. */
export type DocumentPlace = { store: Store; key: string }

export type StoredDocument = { bytes: Uint8Array; version: Version }

export type Written = {
  version: Version
  /** The name under which the store keeps what was there before; absent: it keeps none. */
  backup?: string
}

/** The document does not have the expected version. Read it again. */
export class StoreConflict extends Error {
  /**
   * `during`: a program that takes no part in the store's locking changed it while it was being
   * written. What such a program does next is unknown, so the user is asked.
   */
  readonly moment: 'before' | 'during'
  constructor(key: string, moment: 'before' | 'during') {
    super(`${key} was changed by others`)
    this.name = 'StoreConflict'
    this.moment = moment
  }
}

const NO_SEGMENT: ReadonlySet<string> = new Set(['', '.', '..'])

/** Throws where a key could lead out of the store. */
export function checkKey(key: string): void {
  const segments = key.split('/')
  if (segments.some(segment => NO_SEGMENT.has(segment)) || /[\\\0]/.test(key) || /^\w:/.test(key))
    throw new TypeError(`${JSON.stringify(key)} is no key of a document`)
}
