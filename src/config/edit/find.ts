import { isAlias, isMap, isScalar, isSeq, type Node } from 'yaml'
import { type Path, pathText } from '../../lib/path.ts'
import { Refused } from './edit.ts'
import {
  type Collection,
  type Entry,
  entriesOf,
  startOf,
  type Tree,
  type Use,
  usesOf,
} from './tree.ts'

/** Where a path leads: into an entry, or to a place of a collection where there is none yet. */
export type Spot =
  | { found: true; in: Collection; entries: Entry[]; index: number; entry: Entry; above: Holder[] }
  | { found: false; in: Collection; entries: Entry[]; rest: Path; above: Holder[] }
  /** Nothing is written where a collection would have to be. */
  | { found: false; in: undefined; rest: Path; above: Holder[] }

/** A collection on the way, and the entry whose value it is; the outermost has none. */
export type Holder = { collection: Collection; entry: Entry | undefined }

/**
 * Follows a path. Throws `Refused` where it leads through an alias or a merge, or into an anchor
 * that is used elsewhere: others would see the change too.
 */
export function findSpot(tree: Tree, path: Path): Spot {
  const uses = usesOf(tree)
  const above: Holder[] = []
  let node: Node | null = tree.document.contents
  let holder: Entry | undefined
  for (const [depth, segment] of path.entries()) {
    const here = path.slice(0, depth)
    if (node === null || (isScalar(node) && node.value === null))
      return { found: false, in: undefined, rest: path.slice(depth), above }
    const collection = openable(node, here)
    refuseShared(uses, use => use.of === collection, here)
    above.push({ collection, entry: holder })
    const entries = entriesOf(collection)
    const index = indexOf(collection, entries, segment, here)
    const entry = entries[index]
    if (!entry) {
      if (depth < path.length - 1) refuseMerged(tree, entries, path.slice(0, depth + 1))
      return { found: false, in: collection, entries, rest: path.slice(depth), above }
    }
    if (depth === path.length - 1)
      return { found: true, in: collection, entries, index, entry, above }
    node = entry.value
    holder = entry
  }
  throw new Refused('the path is empty; name what to change')
}

function openable(node: Node, path: Path): Collection {
  if (isMap(node) || isSeq(node)) return node
  if (isAlias(node))
    throw new Refused(
      `${said(path)} is the alias *${node.source}, so others would see the change too; change it where &${node.source} stands, or set ${said(path)} as a whole`,
    )
  throw new Refused(
    `${said(path)} is neither a mapping nor a list; set ${said(path)} as a whole instead`,
  )
}

function indexOf(collection: Collection, entries: Entry[], segment: string | number, path: Path) {
  if (isMap(collection)) {
    if (segment === '<<' || segment === '__proto__')
      throw new Refused(`"${segment}" cannot be edited; change the file by hand`)
    return entries.findIndex(({ key, merge }) => !merge && key === String(segment))
  }
  if (typeof segment === 'number' && Number.isInteger(segment) && segment >= 0) {
    if (segment > entries.length)
      throw new Refused(
        `${said(path)} has ${entries.length} elements, so there is no ${said([...path, segment])}`,
      )
    return segment
  }
  throw new Refused(`${said(path)} is a list; name its element by a number from 0`)
}

/** What only a merge has cannot be opened here: it belongs to whoever is merged. */
function refuseMerged(tree: Tree, entries: readonly Entry[], path: Path): void {
  if (!entries.some(({ merge }) => merge)) return
  if (valueAt(tree.data, path) === undefined) return
  throw new Refused(
    `${said(path)} comes from a merge (<<), so others would see the change too; change it where it stands, or set ${said(path)} as a whole`,
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

/** Refuses to change or take away what an alias elsewhere stands for. */
export function refuseOrphans(tree: Tree, { valueStart, end }: Entry, path: Path): void {
  const inside = (offset: number): boolean => offset >= valueStart && offset < end
  refuseShared(usesOf(tree), use => inside(startOf(use.of)) && !inside(use.at), path)
}

function refuseShared(uses: readonly Use[], ours: (use: Use) => boolean, path: Path): void {
  const shared = uses.filter(ours)
  const [first] = shared
  if (!first) return
  const lines = [...new Set(shared.map(({ line }) => line))]
  throw new Refused(
    `${said(path)} has the anchor &${first.anchor}, which is also used on line ${lines.join(', ')}: those would change too; write the value out there first`,
  )
}

export function said(path: Path): string {
  return path.length === 0 ? 'the file' : pathText(path)
}
