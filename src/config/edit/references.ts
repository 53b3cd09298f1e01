import { isObject } from '../../lib/json/json.ts'
import type { Path } from '../../lib/path.ts'

/** A text of routes.yaml, and where it stands. */
export type Text = { path: Path; text: string }

/**
 * Texts with a `${…}` that did not stand in such a place before: a caller that may write one at will
 * can have every variable and file of the machine shown or sent. A place is where a text has its
 * meaning, so entries may be moved in a list or renamed; that a key stays at its host is seen to
 * elsewhere.
 */
export function newReferences(before: unknown, after: unknown): Text[] {
  return newlyPlaced(referencesIn(before), referencesIn(after))
}

/**
 * Secrets of the file that would stand where none of them stood before, and where they would be
 * shown or sent: an anchor brings them anywhere. Where they are credentials is seen to elsewhere.
 */
export function newlyReadable(
  before: unknown,
  after: unknown,
  isSecret: (text: string) => boolean,
): Text[] {
  const [old, next] = [before, after].map(value =>
    textsIn(value).filter(({ path, text }) => isSecret(text) && !isCredential(path)),
  )
  return newlyPlaced(old ?? [], next ?? [])
}

function newlyPlaced(before: readonly Text[], after: readonly Text[]): Text[] {
  const known = new Set(before.map(placed))
  return after.filter(text => !known.has(placed(text)))
}

function referencesIn(value: unknown): Text[] {
  return textsIn(value).filter(({ text }) => text.includes('${'))
}

/** Every text of a document, anchors and merges resolved. */
export function textsIn(value: unknown, path: Path = []): Text[] {
  if (typeof value === 'string') return [{ path, text: value }]
  if (Array.isArray(value)) return value.flatMap((item, at) => textsIn(item, [...path, at]))
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([key, item]) => textsIn(item, [...path, key]))
}

const NAMED_SECTIONS: ReadonlySet<unknown> = new Set(['providers', 'models', 'aliases', 'force'])

function placed({ path, text }: Text): string {
  const [section] = path
  const place = path.map((segment, at) =>
    typeof segment === 'number' || (at === 1 && NAMED_SECTIONS.has(section)) ? '*' : segment,
  )
  return JSON.stringify([isCredential(path) ? 'providers.*.credential' : place, text])
}

/** Keys of providers, and headers of both, which may hold them. */
export function isCredential([section, , member, at, inner]: Path): boolean {
  if (section !== 'providers') return false
  if (member !== 'keys') return member === 'headers'
  return at !== undefined && (inner === undefined || inner === 'key' || inner === 'headers')
}

/** Members that are put into requests, whatever provider they go to. */
export function isRequestEdit(path: Path): boolean {
  const [section, , edit] = path
  return (
    (section === 'rules' || NAMED_SECTIONS.has(section)) && (edit === 'set' || edit === 'default')
  )
}
