import type { JsonValue } from './json.ts'

/**
 * How a node was spelled on its wire, for as long as it is that very node: a changed part of
 * a conversation is a new node, which has no memory and is spelled afresh.
 */
type SourceMemory = {
  remember<Node extends object>(node: Node, wire: JsonValue): Node
  recall(node: object): JsonValue | undefined
}

const memories = new Map<string, SourceMemory>()

/** The memory of one protocol: the same for all who ask, and unknown to every other protocol. */
export function sourceMemory(protocol: string): SourceMemory {
  const known = memories.get(protocol)
  if (known) return known
  const memory = createMemory()
  memories.set(protocol, memory)
  return memory
}

function createMemory(): SourceMemory {
  const sources = new WeakMap<object, JsonValue>()
  return {
    remember(node, wire) {
      sources.set(node, wire)
      return node
    },
    recall: node => sources.get(node),
  }
}
