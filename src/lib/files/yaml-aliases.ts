import { type Alias, type Document, isAlias, type Node, visit } from 'yaml'

const known = new WeakMap<object, ReadonlyMap<Alias, Node>>()

/**
 * What each alias of a document stands for: the last anchor of its name before it. An alias without
 * one is not in it. `Alias.resolve` goes through the whole document for every alias, which takes
 * minutes where anchors multiply; this goes through it once.
 */
export function aliasTargets(document: Document<Node, boolean>): ReadonlyMap<Alias, Node> {
  const targets = known.get(document) ?? resolved(document)
  known.set(document, targets)
  return targets
}

function resolved(document: Document<Node, boolean>): ReadonlyMap<Alias, Node> {
  const anchored = new Map<string, Node>()
  const targets = new Map<Alias, Node>()
  visit(document, {
    Node(_, node) {
      if (isAlias(node)) {
        const target = anchored.get(node.source)
        if (target) targets.set(node, target)
      } else if (node.anchor) anchored.set(node.anchor, node)
    },
  })
  return targets
}
