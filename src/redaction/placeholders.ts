import { createHmac } from 'node:crypto'
import { isObject, type JsonValue } from '../lib/json/json.ts'
import type { Path } from '../lib/path.ts'
import { isSecretPlace } from './detect.ts'
import { rangeOf, readYaml, scalarsIn, secretsIn } from './find-secrets.ts'

/**
 * Hides the secrets of a YAML text behind placeholders, and puts them back. A placeholder stands
 * for its secret wherever that may stand; it says nothing about it, not even to who can guess.
 */
export interface Veil {
  /** Undefined: the text does not parse, so its secrets cannot be told from the rest. */
  hide(text: string): string | undefined
  /** With every placeholder replaced by what it stands for in `current`. */
  restore(text: string, current: string): Restored
  /** The same for a value that is meant for a place: a text in it that is a placeholder. */
  restoreValue(
    value: JsonValue,
    path: Path,
    current: string,
  ): { ok: true; value: JsonValue } | Unrestored
}

export type Unrestored = { ok: false; problem: string }
export type Restored = { ok: true; text: string } | Unrestored

const PLACEHOLDER = /\(kept-[0-9a-f]{16}\)/g
const WHOLE = /^\(kept-[0-9a-f]{16}\)$/

/** `source`: as it is written, with its quotes. `members`: whose value it is. */
type Secret = { value: JsonValue; source: string; members: Set<string> }
type Kept = ReadonlyMap<string, Secret>

/** Inside this file: a placeholder that cannot be put back. */
class Stuck extends Error {}

/** `salt`: placeholders are good as long as it is the same. */
export function createVeil(salt: Uint8Array): Veil {
  const placeholder = (source: string): string =>
    `(kept-${createHmac('sha256', salt).update(source).digest('hex').slice(0, 16)})`

  function hide(text: string): string | undefined {
    const found = secretsIn(text)
    return found && replaced(text, found, ({ from, to }) => placeholder(text.slice(from, to)))
  }

  function keptIn(text: string): Kept {
    const kept = new Map<string, Secret>()
    for (const { from, to, value, path } of secretsIn(text) ?? []) {
      const source = text.slice(from, to)
      const secret = kept.get(placeholder(source)) ?? { value, source, members: new Set() }
      if (path) secret.members.add(memberOf(path))
      kept.set(placeholder(source), secret)
    }
    return kept
  }

  function restored(text: string, current: string): string {
    const kept = keptIn(current)
    const { values, words } = placeholdersIn(text)
    for (const one of [...values, ...words]) secretFor(one.placeholder, one.path, kept)
    const put = (spelled: (secret: Secret) => string): string =>
      replaced(text, [...values, ...words], ({ placeholder: name, path }) => {
        const secret = secretFor(name, path, kept)
        return path ? spelled(secret) : secret.source
      })
    const written = put(({ source }) => source)
    // Moved to where its own quotes do not do.
    const result = readsAs(written, text, kept)
      ? written
      : put(({ value }) => JSON.stringify(value))
    const shown = words.length > 0 ? hide(result) : undefined
    const readable =
      shown === undefined ? undefined : words.find(({ placeholder: name }) => !shown.includes(name))
    if (readable)
      throw new Stuck(`${readable.placeholder} would be readable in this remark; take it out there`)
    return result
  }

  return {
    hide,
    restore(text, current) {
      if (!text.match(PLACEHOLDER)) return { ok: true, text }
      // The complaints about it come from whoever reads it next.
      if (readYaml(text).errors.length > 0) return { ok: true, text }
      return attempt(() => ({ ok: true, text: restored(text, current) }))
    },
    restoreValue(value, path, current) {
      if (!JSON.stringify(value).match(PLACEHOLDER)) return { ok: true, value }
      return attempt(() => ({ ok: true, value: filledIn(value, path, keptIn(current)) }))
    },
  }
}

function attempt<R>(work: () => R): R | Unrestored {
  try {
    return work()
  } catch (error) {
    if (error instanceof Stuck) return { ok: false, problem: error.message }
    throw error
  }
}

function memberOf(path: Path): string {
  return path.findLast(segment => typeof segment === 'string') ?? ''
}

/** `path`: where it is to stand; undefined: in a remark. Never where others could read it. */
function secretFor(placeholder: string, path: Path | undefined, kept: Kept): Secret {
  if (!WHOLE.test(placeholder))
    throw new Stuck(
      'a placeholder (kept-…) must be the whole value of a member; write the secret itself instead',
    )
  const secret = kept.get(placeholder)
  if (!secret)
    throw new Stuck(
      `${placeholder} stands for no secret of the file as it is now; get the file again (placeholders last until the gateway restarts), or write the secret itself`,
    )
  if (path && !isSecretPlace(path) && !secret.members.has(memberOf(path)))
    throw new Stuck(
      `${placeholder} stands for a secret, and "${memberOf(path)}" is no place for one`,
    )
  return secret
}

function filledIn(value: JsonValue, path: Path, kept: Kept): JsonValue {
  if (Array.isArray(value)) return value.map((one, index) => filledIn(one, [...path, index], kept))
  if (isObject(value))
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => [key, filledIn(one, [...path, key], kept)]),
    )
  if (typeof value !== 'string' || !value.match(PLACEHOLDER)) return value
  return secretFor(value, path, kept).value
}

/** In order. `placeholder` of a value is all of it, so that more than a placeholder is seen. */
type Place = { from: number; to: number; placeholder: string; path: Path | undefined }

function placeholdersIn(text: string): { values: Place[]; words: Place[] } {
  const values = scalarsIn(readYaml(text)).flatMap(({ scalar, path, isName }): Place[] => {
    const value = typeof scalar.value === 'string' ? scalar.value : ''
    if (!value.match(PLACEHOLDER)) return []
    const [from, to] = rangeOf(text, scalar)
    return [{ from, to, placeholder: isName ? '' : value, path }]
  })
  const inside = (at: number): boolean => values.some(({ from, to }) => at >= from && at < to)
  const words = [...text.matchAll(PLACEHOLDER)].flatMap(({ index, 0: word }): Place[] =>
    inside(index)
      ? []
      : [{ from: index, to: index + word.length, placeholder: word, path: undefined }],
  )
  return { values, words }
}

/** Whether nothing but the placeholders reads differently. */
function readsAs(restored: string, text: string, kept: Kept): boolean {
  const expected = JSON.stringify(dataOf(text), (_, value: unknown) =>
    typeof value === 'string' ? (kept.get(value)?.value ?? value) : value,
  )
  return JSON.stringify(dataOf(restored)) === expected
}

function dataOf(text: string): unknown {
  const document = readYaml(text)
  try {
    return document.errors.length > 0 ? undefined : document.toJS({ maxAliasCount: 1000 })
  } catch {
    return undefined
  }
}

function replaced<P extends { from: number; to: number }>(
  text: string,
  places: readonly P[],
  by: (place: P) => string,
): string {
  let result = ''
  let at = 0
  for (const place of [...places].sort((a, b) => a.from - b.from)) {
    result += text.slice(at, place.from) + by(place)
    at = place.to
  }
  return result + text.slice(at)
}
