import { expect, test } from 'bun:test'
import { createWatchdog, type Watch } from '../../../src/exchange/upstream/timers.ts'

/** Watches by name, each noting that it was due; the promise is of the moment when `last` is. */
function watched(names: string, last: string) {
  let now = 0
  const dog = createWatchdog(() => now, 1)
  const calls: string[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  const watches = new Map<string, Watch>()
  for (const name of names) {
    const watch: Watch = {
      dueAtMs: 10,
      due() {
        calls.push(name)
        dog.remove(watch)
        if (name === last) resolve()
      },
    }
    watches.set(name, watch)
    dog.add(watch)
  }
  const at = (ms: number): void => {
    now = ms
  }
  const of = (name: string): Watch => watches.get(name) ?? expect.unreachable()
  return { dog, calls, due: promise, of, at }
}

test('a watch that left is not called, whichever place it had', async () => {
  for (const leaving of 'abcd') {
    const last = leaving === 'a' ? 'b' : 'a'
    const { dog, calls, due, of, at } = watched('abcd', last)
    dog.remove(of(leaving))
    dog.remove(of(leaving))
    at(10)
    await due
    expect(calls.toSorted().join('')).toBe('abcd'.replace(leaving, ''))
  }
})

test('one that is added twice is called once, and can be added again', async () => {
  const { dog, calls, due, of, at } = watched('ab', 'a')
  dog.add(of('b'))
  at(10)
  await due
  expect(calls.toSorted()).toEqual(['a', 'b'])
  const { promise, resolve } = Promise.withResolvers<void>()
  dog.add({ dueAtMs: 10, due: resolve })
  await promise
})

test('one that is not due yet is not called', async () => {
  const { calls, due, of, at } = watched('ab', 'a')
  of('b').dueAtMs = 20
  at(19)
  await due
  expect(calls).toEqual(['a'])
})
