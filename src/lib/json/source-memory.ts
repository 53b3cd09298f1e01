import type { JsonValue } from './json.ts'

/**
 * How a node was spelled on its wire, for as long as it is that very node: whoever changes a part of
 * a conversation makes a new one, which has no memory and is spelled afresh. Each codec has its own.
 */
export type Memory = {
  remember<Node extends object>(node: Node, wire: JsonValue): Node
  recall(node: object): JsonValue | undefined
}

export function createMemory(): Memory {
  const spelled = new WeakMap<object, JsonValue>()
  return {
    remember(node, wire) {
      spelled.set(node, wire)
      return node
    },
    recall: node => spelled.get(node),
  }
}
