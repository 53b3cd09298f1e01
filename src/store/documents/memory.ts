import { ABSENT, checkKey, type Store, StoreConflict, type StoredDocument } from '../store.ts'
import { changeQueue } from './change-queue.ts'

/** Documents in memory: for tests, and for programs that bring their own. */
export function createMemoryStore(initial: Readonly<Record<string, string>> = {}): Store {
  const documents = new Map<string, StoredDocument>()
  const listeners = new Set<(key: string) => void>()
  let writes = 0

  function put(key: string, bytes: Uint8Array): string {
    const version = `v${++writes}`
    documents.set(key, { bytes: bytes.slice(), version })
    for (const listener of listeners) listener(key)
    return version
  }

  function mustBe(key: string, expected: string): void {
    checkKey(key)
    if ((documents.get(key)?.version ?? ABSENT) !== expected) throw new StoreConflict(key, 'before')
  }

  for (const [key, text] of Object.entries(initial)) put(key, new TextEncoder().encode(text))

  return {
    async read(key) {
      checkKey(key)
      const found = documents.get(key)
      return found && { bytes: found.bytes.slice(), version: found.version }
    },
    async write(key, bytes, expected) {
      mustBe(key, expected)
      return { version: put(key, bytes) }
    },
    async remove(key, expected) {
      mustBe(key, expected)
      documents.delete(key)
      for (const listener of listeners) listener(key)
    },
    async *list(prefix) {
      for (const [key, { version }] of [...documents].sort(([a], [b]) => (a < b ? -1 : 1)))
        if (key.startsWith(prefix)) yield { key, version }
    },
    changes: (prefix, signal) =>
      changeQueue(signal, report => {
        const listener = (key: string): void => {
          if (key.startsWith(prefix)) report(key)
        }
        listeners.add(listener)
        return () => void listeners.delete(listener)
      }),
  }
}
