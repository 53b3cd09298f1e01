import { isAlias, isMap, isScalar, isSeq, parseDocument, type Scalar } from 'yaml'
import { aliasTargets } from '../lib/files/yaml-aliases.ts'
import { tooDeepAt } from '../lib/files/yaml-depth.ts'
import type { JsonValue } from '../lib/json/json.ts'
import type { Path } from '../lib/path.ts'
import { isSecretPlace } from './names.ts'
import { isReference, looksRandom, looksSecret } from './values.ts'

/** A secret as it stands in a text: with its quotes where it has some, as a word in a comment. */
type SecretRange = {
  from: number
  to: number
  value: JsonValue
  /** Undefined: it stands in a comment. */
  path: Path | undefined
}

/** A value or a member's name, and where it is. */
type ScalarAt = { scalar: Scalar; path: Path; isName: boolean }

type Document = ReturnType<typeof parseDocument>

/** Every secret of a YAML text, in order. Undefined: the text does not parse, so they cannot be found. */
export function secretsIn(text: string): SecretRange[] | undefined {
  const document = readYaml(text)
  if (document.errors.length > 0) return undefined
  try {
    return secretsOf(document, text)
  } catch (error) {
    if (error instanceof TooManyPlaces) return undefined
    throw error
  }
}

function secretsOf(document: Document, text: string): SecretRange[] {
  const all = scalarsIn(document)
  const values = all.filter(({ isName }) => !isName)
  // An alias may be what brings a value to a place for secrets.
  const placed = new Set(secretPlaces(document).map(({ scalar }) => scalar))
  const isSecret = ({ scalar }: ScalarAt): boolean =>
    placed.has(scalar) || looksSecret(textOf(scalar))
  const known = values
    .filter(isSecret)
    .map(({ scalar }) => textOf(scalar))
    .filter(isLongEnough)
  const repeats = (value: string): boolean => known.some(secret => value.includes(secret))
  const found = values
    .filter(place => isSecret(place) || repeats(textOf(place.scalar)))
    .flatMap(place => rangesOf(text, place))
  return withoutOverlaps([...found, ...inComments(text, all, repeats)])
}

/** A text that is nested too deep is one that does not parse. */
export function readYaml(text: string): Document {
  return tooDeepAt(text) === undefined ? parsed(text) : parsed('[')
}

function parsed(text: string): Document {
  return parseDocument(text, { merge: true, uniqueKeys: false, prettyErrors: false })
}

/** Too short a secret is part of many words. */
function isLongEnough(value: string): boolean {
  return value.length >= 6
}

function textOf({ value }: Scalar): string {
  return value === null || value === undefined ? '' : String(value)
}

/** Without the line break that ends a block scalar. */
function rangesOf(text: string, { scalar, path }: ScalarAt): SecretRange[] {
  const [from, to] = rangeOf(text, scalar)
  const { value } = scalar
  const plain = typeof value === 'number' || typeof value === 'boolean' ? value : textOf(scalar)
  return to > from ? [{ from, to, value: plain, path }] : []
}

export function rangeOf(text: string, { range }: Scalar): [number, number] {
  const [from = 0, end = 0] = range ?? []
  return [from, from + text.slice(from, end).trimEnd().length]
}

/** Each once, where it is written. */
export function scalarsIn(document: Document): ScalarAt[] {
  return walk(document, false)
}

function secretPlaces(document: Document): ScalarAt[] {
  return walk(document, true).filter(
    ({ scalar, path, isName }) => !isName && isSecretPlace(path) && !isReference(textOf(scalar)),
  )
}

/** An anchor may stand inside itself: aliases in aliases are followed so far. */
const MAX_PATH = 50
/** What anchors stand for multiplies: a text with more places counts as one that does not parse. */
const MAX_PLACES = 200_000

class TooManyPlaces extends Error {}

function walk(document: Document, throughAliases: boolean): ScalarAt[] {
  const targets = throughAliases ? aliasTargets(document) : undefined
  const found: ScalarAt[] = []
  let places = 0
  const visit = (node: unknown, path: Path): void => {
    if (path.length > MAX_PATH) return
    if (places++ > MAX_PLACES) throw new TooManyPlaces()
    if (isAlias(node)) {
      visit(targets?.get(node), path)
    } else if (isMap(node)) {
      for (const { key, value } of node.items) {
        const inner = isScalar(key) ? [...path, String(key.value)] : path
        if (isScalar(key)) found.push({ scalar: key, path: inner, isName: true })
        visit(value, inner)
      }
    } else if (isSeq(node))
      for (const [index, item] of node.items.entries()) visit(item, [...path, index])
    else if (isScalar(node)) found.push({ scalar: node, path, isName: false })
  }
  visit(document.contents, [])
  return found
}

/** Secrets in comments: what was commented out, and words that look like keys. */
function inComments(
  text: string,
  scalars: readonly ScalarAt[],
  repeats: (value: string) => boolean,
): SecretRange[] {
  const comments = commentsOf(text, scalars)
  const commentedOut = blocksOf(text, comments).flatMap(block => commentedOutIn(text, block))
  const words = comments.flatMap(({ from, to }) =>
    [...text.slice(from, to).matchAll(/[^\s"'`,;()[\]{}<>]+/g)].flatMap(({ index, 0: word }) => {
      if (!looksSecret(word) && !looksRandom(word) && !repeats(word)) return []
      const at = from + index
      return [{ from: at, to: at + word.length, value: word, path: undefined }]
    }),
  )
  const isOutside = (word: SecretRange): boolean =>
    commentedOut.every(({ from, to }) => word.to <= from || word.from >= to)
  return [...commentedOut, ...words.filter(isOutside)]
}

/** A longer block of comments is prose: only its last lines are read. */
const MAX_LINES = 200

/** Secrets of a block of comments, read as YAML from any of its lines on: prose may stand before. */
function commentedOutIn(text: string, { from, to }: Range): SecretRange[] {
  // The same length, so that places stay what they are.
  const yaml = text.slice(from, to).replace(/^([ \t]*)#/gm, '$1 ')
  const starts = [0, ...[...yaml.matchAll(/\n/g)].map(({ index }) => index + 1)]
  const found = new Map<number, SecretRange>()
  for (const start of starts.slice(-MAX_LINES)) {
    const part = yaml.slice(start)
    for (const secret of secretPlaces(readYaml(part)).flatMap(place => rangesOf(part, place))) {
      // What goes on over several lines is prose.
      if (part.slice(secret.from, secret.to).includes('\n')) continue
      const shift = from + start
      const at = secret.from + shift
      found.set(at, { from: at, to: secret.to + shift, value: secret.value, path: undefined })
    }
  }
  return withoutOverlaps([...found.values()])
}

/** In order, without those that begin inside another. */
function withoutOverlaps(found: readonly SecretRange[]): SecretRange[] {
  let end = -1
  return [...found]
    .sort((a, b) => a.from - b.from)
    .filter(({ from, to }) => {
      if (from < end) return false
      end = to
      return true
    })
}

type Range = { from: number; to: number }

function commentsOf(text: string, scalars: readonly ScalarAt[]): Range[] {
  const inside = scalars
    .map(({ scalar: { range } }) => ({ from: range?.[0] ?? 0, to: range?.[1] ?? 0 }))
    .filter(({ from, to }) => text.slice(from, to).includes('#'))
  return [...text.matchAll(/(?<=^|\s)#[^\r\n]*/gm)]
    .map(({ index, 0: comment }) => ({ from: index, to: index + comment.length }))
    .filter(({ from }) => !inside.some(range => from >= range.from && from < range.to))
}

/** Comments on lines of their own, one below the other. */
function blocksOf(text: string, comments: readonly Range[]): Range[] {
  const blocks: Range[] = []
  for (const { from, to } of comments) {
    const begin = text.lastIndexOf('\n', from - 1) + 1
    if (text.slice(begin, from).trim() !== '') continue
    const last = blocks.at(-1)
    if (last && /^\r?\n$/.test(text.slice(last.to, begin))) last.to = to
    else blocks.push({ from: begin, to })
  }
  return blocks
}
