import { describe, expect, test } from 'bun:test'
import { constantSource, documentSource, type Following } from '../../src/store/config-source.ts'
import { createMemoryStore } from '../../src/store/documents/memory.ts'
import type { Store } from '../../src/store/store.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Follows a source; `judged` resolves at the next judgement. */
function follower() {
  const waiting: (() => void)[] = []
  const stillMs: number[] = []
  return {
    stillMs,
    judged: () => new Promise<void>(resolve => waiting.push(resolve)),
    files: () => [],
    differs: () => false,
    judge(ms: number) {
      stillMs.push(ms)
      for (const resolve of waiting.splice(0)) resolve()
      return 0
    },
  }
}

test('a constant text is judged when it is asked for, at once', () => {
  const source = constantSource('routes.yaml', 'version: 1')
  expect(source.current()).toEqual({ name: 'routes.yaml', text: 'version: 1' })
  const { stillMs, ...followed } = follower()
  const following = source.follow(followed)
  following.check()
  expect(stillMs).toEqual([Number.POSITIVE_INFINITY])
})

describe('a document of a store', () => {
  async function opened(initial: Record<string, string>, wrap = (store: Store) => store) {
    const store = createMemoryStore(initial)
    const failures: unknown[] = []
    const source = await documentSource(
      { store: wrap(store), key: 'routes.yaml' },
      { failed: error => void failures.push(error) },
    )
    const followed = follower()
    const following: Following = source.follow(followed)
    return { store, source, followed, following, failures }
  }

  test('counts as soon as it is written, and is gone when it is removed', async () => {
    const { store, source, followed, following } = await opened({ 'routes.yaml': 'one' })
    const { version = '' } = (await store.read('routes.yaml')) ?? {}
    let judged = followed.judged()
    const written = await store.write('routes.yaml', bytes('two'), version)
    await judged
    expect(source.current()).toEqual({ name: 'routes.yaml', text: 'two' })
    judged = followed.judged()
    await store.remove('routes.yaml', written.version)
    await judged
    expect(source.current()).toEqual({ name: 'routes.yaml', text: undefined })
    following.stop()
  })

  test('that is not there yet is none that is gone', async () => {
    const { store, source, followed, following } = await opened({})
    expect(source.current()).toBeUndefined()
    const judged = followed.judged()
    await store.write('routes.yaml', bytes('one'), 'absent')
    await judged
    expect(source.current()?.text).toBe('one')
    following.stop()
  })

  test('that cannot be read just now is reported, and what was read last stays', async () => {
    let broken = false
    const { source, followed, following, failures } = await opened(
      { 'routes.yaml': 'one' },
      store => ({
        ...store,
        read: async key => {
          if (broken) throw new Error('the store is away')
          return store.read(key)
        },
      }),
    )
    broken = true
    const judged = followed.judged()
    following.check()
    await judged
    expect(failures).toEqual([new Error('the store is away')])
    expect(source.current()?.text).toBe('one')
    following.stop()
  })

  test('of another key changes nothing', async () => {
    const { store, followed, following } = await opened({ 'routes.yaml': 'one' })
    await store.write('routes.yaml.other', bytes('x'), 'absent')
    const { version = '' } = (await store.read('routes.yaml')) ?? {}
    const judged = followed.judged()
    await store.write('routes.yaml', bytes('two'), version)
    await judged
    expect(followed.stillMs).toHaveLength(1)
    following.stop()
  })
})
