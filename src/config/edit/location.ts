import { isAlias, isMap, isScalar, isSeq, type Node } from 'yaml'
import { aliasTargets } from '../../lib/files/yaml-aliases.ts'
import { type Path, pathText } from '../../lib/path.ts'
import { Refused } from './edit.ts'
import { type Collection, type Entry, entriesOf, type ParsedText, startOf } from './parsed-text.ts'

/** Where the last segment of a path leads: to an entry, or to the end of a collection. */
export type Location = {
  /** Undefined: the text is empty. */
  collection: Collection | undefined
  entries: readonly Entry[]
  index: number
  /** Undefined: nothing stands there yet. */
  entry: Entry | undefined
  /** The entry whose value the collection is; the outermost has none. */
  parent: Entry | undefined
}

/**
 * Follows a path, all of which but for its last segment has to be there. Throws `Refused` where it
 * leads through an alias or a merge, or into an anchor that is used elsewhere: the change would be
 * seen there too.
 */
export function locate(parsed: ParsedText, path: Path): Location {
  if (path.length === 0) throw new Refused('the path is empty; name what to change')
  const aliases = aliasesOf(parsed)
  let node: Node | null = parsed.document.contents
  let parent: Entry | undefined
  for (const [depth, segment] of path.entries()) {
    const here = path.slice(0, depth)
    const last = depth === path.length - 1
    if (node === null || (isScalar(node) && node.value === null))
      return { collection: undefined, entries: [], index: 0, entry: undefined, parent }
    const collection = openable(node, here)
    refuseShared(aliases, ({ target }) => target === collection, here)
    const entries = entriesOf(collection)
    const index = indexOf(collection, entries, segment, here)
    const entry = entries[index]
    if (last) return { collection, entries, index, entry, parent }
    if (!entry)
      throw new Refused(
        `${placeName(path.slice(0, depth + 1))} comes from a merge (<<), so others would see the change too; change it where it stands, or set ${placeName(path.slice(0, depth + 1))} as a whole`,
      )
    node = entry.value
    parent = entry
  }
  throw new Error('unreachable: the last segment returns')
}

function openable(node: Node, path: Path): Collection {
  if (isMap(node) || isSeq(node)) return node
  const name = placeName(path)
  if (isAlias(node))
    throw new Refused(
      `${name} is the alias *${node.source}, so others would see the change too; change it where &${node.source} stands, or set ${name} as a whole`,
    )
  throw new Refused(`${name} is neither a mapping nor a list; set ${name} as a whole instead`)
}

function indexOf(
  collection: Collection,
  entries: readonly Entry[],
  segment: string | number,
  path: Path,
): number {
  if (isMap(collection)) {
    if (segment === '<<' || segment === '__proto__')
      throw new Refused(`"${segment}" cannot be edited; change the file by hand`)
    return entries.findIndex(({ key }) => key === String(segment))
  }
  if (typeof segment !== 'number' || !Number.isInteger(segment) || segment < 0)
    throw new Refused(`${placeName(path)} is a list; name its element by a number from 0`)
  if (segment > entries.length)
    throw new Refused(
      `${placeName(path)} has ${entries.length} elements, so there is no ${placeName([...path, segment])}`,
    )
  return segment
}

/** Refuses to change or take away what an alias elsewhere stands for. */
export function refuseOrphans(parsed: ParsedText, { valueStart, end }: Entry, path: Path): void {
  const inside = (offset: number): boolean => offset >= valueStart && offset < end
  refuseShared(aliasesOf(parsed), ({ target, at }) => inside(startOf(target)) && !inside(at), path)
}

type AliasUse = { anchor: string; target: Node; at: number; line: number }

/** Every alias of the text, merges included. */
function aliasesOf({ document, lineOf }: ParsedText): AliasUse[] {
  return [...aliasTargets(document)].map(([alias, target]) => {
    const at = startOf(alias)
    return { anchor: alias.source, target, at, line: lineOf(at) }
  })
}

function refuseShared(
  aliases: readonly AliasUse[],
  isAffected: (use: AliasUse) => boolean,
  path: Path,
): void {
  const shared = aliases.filter(isAffected)
  const [first] = shared
  if (!first) return
  const lines = [...new Set(shared.map(({ line }) => line))]
  throw new Refused(
    `${placeName(path)} has the anchor &${first.anchor}, which is also used on line ${lines.join(', ')}: those would change too; write the value out there first`,
  )
}

/** The plain value at a path; undefined: there is none. */
export function valueAt(data: unknown, path: Path): unknown {
  let value = data
  for (const segment of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment))
      return undefined
    value = Reflect.get(value, segment)
  }
  return value
}

export function placeName(path: Path): string {
  return path.length === 0 ? 'the file' : pathText(path)
}
