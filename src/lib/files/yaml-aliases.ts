import { type Alias, type Document, isAlias, isNode, type Node, visit } from 'yaml'

/** What each alias of a document stands for; undefined: no anchor of its name stands before it. */
export type Aliases = (alias: Alias) => Node | undefined

const known = new WeakMap<Document, ReadonlyMap<Alias, Node>>()

/** The library goes through the whole document for every alias; this goes through it once. */
export function aliasesOf(document: Document.Parsed): Aliases {
  const found = known.get(document) ?? resolved(document)
  known.set(document, found)
  return alias => found.get(alias)
}

function resolved(document: Document.Parsed): ReadonlyMap<Alias, Node> {
  const anchored = new Map<string, Node>()
  const found = new Map<Alias, Node>()
  visit(document, {
    Node(_, node) {
      if (isAlias(node)) {
        const target = anchored.get(node.source)
        if (target) found.set(node, target)
      } else if (isNode(node) && node.anchor) anchored.set(node.anchor, node)
    },
  })
  return found
}
