import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { createTokenizer, tokenizer } from '../../../src/lib/tokenizer/tokenizer.ts'

const NOTHING = { tokens: 0, characters: 0 }
const fixture = (name: string): URL => new URL(`../../fixtures/${name}`, import.meta.url)

test('the loop goes on while the tokenizer is loaded and a long text is counted', async () => {
  let counting = true
  let turns = 0
  const counted = tokenizer.count(['龘靐 '.repeat(20_000)]).finally(() => {
    counting = false
  })
  while (counting) {
    await new Promise(resolve => setImmediate(resolve))
    turns++
  }
  expect((await counted).tokens).toBeGreaterThan(20_000)
  expect(turns).toBeGreaterThan(3)
})

test('answers belong to their questions', async () => {
  const texts = ['one', 'one two', 'one two three', 'one two three four']
  const counts = await Promise.all(texts.map(text => tokenizer.count([text])))
  expect(counts).toEqual(
    texts.map((text, index) => ({ tokens: index + 1, characters: text.length })),
  )
  expect(await tokenizer.count([])).toEqual(NOTHING)
  expect(await tokenizer.count(texts)).toEqual({ tokens: 10, characters: 41 })
})

describe('a worker that ends', () => {
  test.each(['throw', 'exit'])(
    'by %s: nothing is counted, and the next count starts another',
    async end => {
      const dying = createTokenizer(fixture('dying-worker.ts'))
      expect(await dying.count(['a'])).toEqual({ tokens: 1, characters: 1 })
      const [first, second] = await Promise.all([dying.count([end]), dying.count(['b'])])
      expect([first, second]).toEqual([NOTHING, NOTHING])
      expect(await dying.count(['a', 'b'])).toEqual({ tokens: 2, characters: 2 })
    },
  )

  test('is not started for ever', async () => {
    const dying = createTokenizer(fixture('dying-worker.ts'))
    for (let start = 0; start < 3; start++) expect(await dying.count(['exit'])).toEqual(NOTHING)
    expect(await dying.count(['a'])).toEqual(NOTHING)
  })

  test('a worker that cannot start counts nothing', async () => {
    const missing = createTokenizer(fixture('no-such-worker.ts'))
    expect(await missing.count(['a'])).toEqual(NOTHING)
    expect(await missing.count(['a'])).toEqual(NOTHING)
  })
})

describe('a worker that has nothing to do', () => {
  function idling() {
    const timers = new Map<number, () => void>()
    let last = 0
    const tokenizer = createTokenizer(fixture('dying-worker.ts'), (_, run) => {
      const id = ++last
      timers.set(id, run)
      return () => timers.delete(id)
    })
    return { tokenizer, timers }
  }

  test('ends, and the next count starts another, as often as need be', async () => {
    const { tokenizer, timers } = idling()
    for (let round = 0; round < 5; round++) {
      expect(await tokenizer.count(['a'])).toEqual({ tokens: 1, characters: 1 })
      expect(timers.size).toBe(1)
      for (const run of timers.values()) run()
      timers.clear()
    }
  })

  test('does not end while it counts', async () => {
    const { tokenizer, timers } = idling()
    await tokenizer.count(['a'])
    const counting = tokenizer.count(['b'])
    expect(timers.size).toBe(0)
    expect(await counting).toEqual({ tokens: 1, characters: 1 })
    expect(timers.size).toBe(1)
  })
})

test('more than seconds of work at once is not counted', async () => {
  const long = 'word '.repeat(300_000)
  const [first, second] = await Promise.all([tokenizer.count([long]), tokenizer.count([long])])
  expect(first.tokens).toBeGreaterThan(10_000)
  expect(second).toEqual(NOTHING)
  expect((await tokenizer.count(['word'])).tokens).toBe(1)
})

test('a process waits for a count that runs, and ends when there is none', async () => {
  const file = join(import.meta.dir, '../../../src/lib/tokenizer/tokenizer.ts')
  const script = `const { tokenizer } = await import(${JSON.stringify(file)})
    void tokenizer.count(['one two']).then(({ tokens }) => console.log(tokens))`
  const child = Bun.spawn([process.execPath, '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  expect(await new Response(child.stdout).text()).toBe('2\n')
  expect(await child.exited).toBe(0)
})
