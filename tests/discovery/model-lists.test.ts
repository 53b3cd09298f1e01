import { describe, expect, test } from 'bun:test'
import { createModelLists } from '../../src/discovery/model-lists.ts'
import { createMemoryState } from '../../src/store/state/memory.ts'

let now = Date.UTC(2026, 0, 1)
const clock = () => now
const memory = () => createMemoryState(clock)

describe('what an upstream lists', () => {
  test('is known once it is learned, by name, each once', () => {
    const lists = createModelLists(memory(), clock)
    expect(lists.known('a')).toBeUndefined()
    expect(lists.learn('a', [{ name: 'y' }, { name: 'x' }, { name: 'y' }])).toEqual({
      added: 2,
      gone: 0,
    })
    expect(lists.known('a')?.map(({ name }) => name)).toEqual(['x', 'y'])
    expect(lists.known('b')).toBeUndefined()
  })

  test('is a change only where it is one', () => {
    const lists = createModelLists(memory(), clock)
    expect(lists.learn('a', [])).toEqual({ added: 0, gone: 0 })
    expect(lists.learn('a', [])).toBeUndefined()
    expect(lists.learn('a', [{ name: 'x' }, { name: 'y' }])).toEqual({ added: 2, gone: 0 })
    expect(lists.learn('a', [{ name: 'y' }, { name: 'x' }])).toBeUndefined()
    expect(lists.learn('a', [{ name: 'y' }, { name: 'z' }])).toEqual({ added: 1, gone: 1 })
    expect(lists.learn('a', [{ name: 'y', contextTokens: 8 }, { name: 'z' }])).toEqual({
      added: 0,
      gone: 0,
    })
  })

  test('keeps its dates, also through a restart', () => {
    const state = memory()
    const first = now
    createModelLists(state, clock).learn('a', [{ name: 'x', maxOutputTokens: 8 }])
    now += 86_400_000
    const again = createModelLists(state, clock)
    expect(again.learn('a', [{ name: 'x', maxOutputTokens: 8 }])).toBeUndefined()
    again.learn('a', [{ name: 'x', maxOutputTokens: 8 }, { name: 'y' }])
    expect(createModelLists(state, clock).known('a')).toEqual([
      { name: 'x', maxOutputTokens: 8, discoveredAtMs: first },
      { name: 'y', discoveredAtMs: now },
    ])
  })

  test('does not grow old while it is confirmed', () => {
    const state = createMemoryState(clock, { bytes: 1e6, ageMs: 1_000 })
    const lists = createModelLists(state, clock)
    lists.learn('a', [{ name: 'x' }])
    now += 900
    lists.learn('a', [{ name: 'x' }])
    now += 900
    expect(createModelLists(state, clock).known('a')).toHaveLength(1)
    now += 900
    expect(createModelLists(state, clock).known('a')).toBeUndefined()
  })

  test.each([
    ['nothing', ''],
    ['no JSON', '{'],
    ['something else', '{"models": 7}'],
  ])('stored as %s counts as never known', (_, value) => {
    const state = memory()
    state.put('models', '', new Map([['a', value]]))
    expect(createModelLists(state, clock).known('a')).toBeUndefined()
  })

  test('stored where nothing can be read counts as never known', () => {
    const broken = {
      ...memory(),
      get() {
        throw new Error('disk I/O error')
      },
    }
    expect(createModelLists(broken, clock).known('a')).toBeUndefined()
  })

  test('is found again after thousands of others', () => {
    const lists = createModelLists(memory(), clock)
    lists.learn('a', [{ name: 'x' }])
    for (let at = 0; at < 3_000; at++) lists.known(`other-${at}`)
    expect(lists.known('a')).toHaveLength(1)
  })
})
