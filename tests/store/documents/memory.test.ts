import { createMemoryStore } from '../../../src/store/documents/memory.ts'
import { storeSuite } from '../store-suite.ts'

storeSuite('in memory', () => {
  const store = createMemoryStore()
  return { store, another: store }
})
