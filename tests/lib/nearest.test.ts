import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { createSuggest, didYouMean, nearest, nearMiss } from '../../src/lib/nearest.ts'

/** Changes, insertions, removals and swaps, without a shortcut. */
function distance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, i) =>
    Array.from({ length: b.length + 1 }, (_, j) => (i === 0 ? j : j === 0 ? i : 0)),
  )
  const at = (i: number, j: number): number => rows[i]?.[j] ?? 0
  for (let i = 1; i <= a.length; i++)
    for (let j = 1; j <= b.length; j++) {
      const row = rows[i] ?? []
      const changed = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      row[j] = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, changed)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        row[j] = Math.min(at(i, j), at(i - 2, j - 2) + 1)
    }
  return at(a.length, b.length)
}

const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 3, maxLength: 24 })
test('a name is found where it is near, though only near ones are compared', () =>
  fc.assert(
    fc.property(word, word, (wrong, known) => {
      const limit = Math.min(Math.max(2, Math.floor(wrong.length / 3)), wrong.length - 1, 8)
      const near = known.startsWith(wrong) || distance(wrong, known) <= limit
      expect(nearest(wrong, [known])).toEqual(near ? [known] : [])
    }),
    { seed: 7, numRuns: 2_000 },
  ))

test('a name of megabytes has none', () =>
  expect(nearest('x'.repeat(2_000_000), ['x'.repeat(2_000_000)])).toEqual([]))

test.each([
  ['a letter too many', 'opuss', ['opus', 'sonnet'], ['opus']],
  ['two letters swapped', 'opsu', ['opus', 'sonnet'], ['opus']],
  ['other capitals', 'OPUS', ['opus'], ['opus']],
  ['the beginning of a name', 'claude', ['claude-opus-4-5', 'gpt-5'], ['claude-opus-4-5']],
  ['the best first, then by name', 'abcd', ['abce', 'abcdx', 'abcz'], ['abcdx', 'abce']],
  ['none that is near', 'opus', ['gemini'], []],
  ['nothing left of the name', 'ab', ['xy'], []],
])('%s', (_, wrong, known, found) => expect(nearest(wrong, known, 2)).toEqual(found))

test('the question is asked for the first hundred wrong names of a file', () => {
  expect(didYouMean('opuss', ['opus'])).toBe('did you mean "opus"?')
  const suggest = createSuggest()
  const asked = Array.from({ length: 101 }, () => suggest('opuss', () => ['opus']))
  expect(asked.filter(question => question !== undefined)).toHaveLength(100)
})

test.each([
  ['gpt-5-mni', 'gpt-5-mini'],
  ['gpt-4-mini', undefined],
  ['gpt-5-maximum', undefined],
])('%s was hardly meant to be another name than %p', (wrong, meant) =>
  expect(nearMiss(wrong, ['gpt-5-mini'])).toBe(meant as string),
)
