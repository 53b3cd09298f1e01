import { describe, expect, test } from 'bun:test'
import { ABSENT, type Store, StoreConflict } from '../../src/store/store.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const BINARY = Uint8Array.of(0xff, 0x00, 0xc3, 0x28)

/** The text of a document; undefined: there is none. */
async function textOf(store: Store, key: string): Promise<string | undefined> {
  const found = await store.read(key)
  return found && new TextDecoder().decode(found.bytes)
}

async function keysOf(store: Store, prefix: string): Promise<string[]> {
  return (await Array.fromAsync(store.list(prefix))).map(({ key }) => key)
}

/** Adds a letter to a document, however many others do the same. */
async function append(store: Store, key: string, letter: string): Promise<void> {
  for (;;) {
    const found = await store.read(key)
    const next = bytes(new TextDecoder().decode(found?.bytes) + letter)
    try {
      await store.write(key, next, found?.version ?? ABSENT)
      return
    } catch (error) {
      if (!(error instanceof StoreConflict)) throw error
    }
  }
}

/** What every form of `Store` does. `open` gives stores over the same documents, empty at first. */
export function storeSuite(name: string, open: () => { store: Store; another: Store }): void {
  describe(`${name}: reading and writing`, () => {
    test('a document that is not there is undefined', async () => {
      expect(await open().store.read('routes.yaml')).toBeUndefined()
      expect(await open().store.read('auth/a.json')).toBeUndefined()
    })

    test.each(['routes.yaml', 'auth/a.json', 'auth/deep/er/b.json'])(
      '%s is what was written, byte for byte, for others too',
      async key => {
        const { store, another } = open()
        const written = await store.write(key, BINARY, ABSENT)
        for (const reader of [store, another]) {
          const found = await reader.read(key)
          expect([...(found?.bytes ?? [])]).toEqual([...BINARY])
          expect(found?.version).toBe(written.version)
        }
      },
    )

    test('what the writer does with its bytes afterwards changes nothing', async () => {
      const { store } = open()
      const mine = bytes('first')
      await store.write('routes.yaml', mine, ABSENT)
      mine.fill(0x78)
      const found = await store.read('routes.yaml')
      found?.bytes.fill(0x79)
      expect(await textOf(store, 'routes.yaml')).toBe('first')
    })

    test('a document is replaced by the version that it has', async () => {
      const { store, another } = open()
      const first = await store.write('routes.yaml', bytes('first'), ABSENT)
      const second = await another.write('routes.yaml', bytes('second'), first.version)
      expect(second.version).not.toBe(first.version)
      expect(await textOf(store, 'routes.yaml')).toBe('second')
    })

    test('and by no other version: a conflict changes nothing', async () => {
      const { store, another } = open()
      const first = await store.write('routes.yaml', bytes('first'), ABSENT)
      await another.write('routes.yaml', bytes('second'), first.version)
      for (const expected of [first.version, ABSENT, 'no version'])
        await expect(store.write('routes.yaml', bytes('third'), expected)).rejects.toBeInstanceOf(
          StoreConflict,
        )
      await expect(store.write('other.yaml', bytes('x'), first.version)).rejects.toBeInstanceOf(
        StoreConflict,
      )
      expect(await textOf(store, 'routes.yaml')).toBe('second')
      expect(await store.read('other.yaml')).toBeUndefined()
    })

    test('a document is removed by the version that it has', async () => {
      const { store, another } = open()
      const first = await store.write('auth/a.json', bytes('first'), ABSENT)
      const second = await store.write('auth/a.json', bytes('second'), first.version)
      for (const expected of [first.version, 'no version'])
        await expect(another.remove('auth/a.json', expected)).rejects.toBeInstanceOf(StoreConflict)
      await another.remove('auth/a.json', second.version)
      expect(await store.read('auth/a.json')).toBeUndefined()
      await expect(store.remove('auth/a.json', second.version)).rejects.toBeInstanceOf(
        StoreConflict,
      )
      await store.write('auth/a.json', bytes('again'), ABSENT)
      expect(await textOf(another, 'auth/a.json')).toBe('again')
    })

    test.each([
      '',
      '/etc/passwd',
      'auth/',
      'auth//a',
      '../a',
      'auth/../../a',
      './a',
      'a\0b',
      'a\\..\\b',
      'C:/a',
    ])('%j is no key', async key => {
      const { store } = open()
      await expect(store.read(key)).rejects.toBeInstanceOf(TypeError)
      await expect(store.write(key, bytes('x'), ABSENT)).rejects.toBeInstanceOf(TypeError)
      await expect(store.remove(key, 'x')).rejects.toBeInstanceOf(TypeError)
    })

    test('writers at once: each of them is in the document once', async () => {
      const { store, another } = open()
      const letters = [...'abcdefghijklmnopqrst']
      await Promise.all(
        letters.map((letter, at) => append(at % 2 === 0 ? store : another, 'routes.yaml', letter)),
      )
      expect([...((await textOf(store, 'routes.yaml')) ?? '')].sort()).toEqual(letters)
    })
  })

  describe(`${name}: listing`, () => {
    test('gives the documents below a prefix with their versions, in order', async () => {
      const { store, another } = open()
      for (const key of ['routes.yaml', 'auth/b.json', 'auth/a.json', 'authors.yaml'])
        await store.write(key, bytes(key), ABSENT)
      expect(await keysOf(another, '')).toEqual([
        'auth/a.json',
        'auth/b.json',
        'authors.yaml',
        'routes.yaml',
      ])
      expect(await keysOf(another, 'auth/')).toEqual(['auth/a.json', 'auth/b.json'])
      expect(await keysOf(another, 'auth')).toEqual(['auth/a.json', 'auth/b.json', 'authors.yaml'])
      expect(await keysOf(another, 'none/')).toEqual([])
      const [first] = await Array.fromAsync(another.list('auth/'))
      expect(first?.version).toBe((await store.read('auth/a.json'))?.version)
    })

    test('gives nothing that only the store itself needs', async () => {
      const { store } = open()
      const first = await store.write('routes.yaml', bytes('first'), ABSENT)
      await store.write('routes.yaml', bytes('second'), first.version)
      expect(await keysOf(store, '')).toEqual(['routes.yaml'])
    })
  })

  describe(`${name}: changes`, () => {
    test('made by others are reported, those of the prefix alone', async () => {
      const { store, another } = open()
      await another.write('auth/a.json', bytes('first'), ABSENT)
      const ending = new AbortController()
      const changes = store.changes('auth/', ending.signal)[Symbol.asyncIterator]()
      await another.write('routes.yaml', bytes('x'), ABSENT)
      const made = await another.write('auth/b.json', bytes('first'), ABSENT)
      expect(await changes.next()).toEqual({ done: false, value: 'auth/b.json' })
      await another.write('auth/b.json', bytes('second'), made.version)
      expect(await changes.next()).toEqual({ done: false, value: 'auth/b.json' })
      const { version = '' } = (await store.read('auth/a.json')) ?? {}
      await another.remove('auth/a.json', version)
      expect(await changes.next()).toEqual({ done: false, value: 'auth/a.json' })
      ending.abort()
      expect(await changes.next()).toEqual({ done: true, value: undefined })
    })

    test('end with the signal, also while a reader waits', async () => {
      const { store } = open()
      const ending = new AbortController()
      const waiting = store.changes('', ending.signal)[Symbol.asyncIterator]().next()
      ending.abort()
      expect(await waiting).toEqual({ done: true, value: undefined })
      const late = store.changes('', ending.signal)[Symbol.asyncIterator]()
      expect(await late.next()).toEqual({ done: true, value: undefined })
    })
  })
}
