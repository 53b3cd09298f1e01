import { describe, expect, test } from 'bun:test'
import { compileGlob } from '../../src/routing/glob.ts'

test.each<[string, string, string[] | undefined]>([
  ['gpt', 'gpt', []],
  ['gpt', 'gpt-5', undefined],
  ['', '', []],
  ['*', '', ['']],
  ['*', 'anything/at:all\n', ['anything/at:all\n']],
  ['claude-*', 'claude-sonnet', ['sonnet']],
  ['claude-*', 'claude', undefined],
  ['*-mini', 'gpt-5-mini', ['gpt-5']],
  ['a*a', 'a', undefined],
  ['a*a', 'aa', ['']],
  ['ab*ba', 'aba', undefined],
  ['*gpt*mini*', 'x-gpt-5-mini-1', ['x-', '-5-', '-1']],
  ['*a*', 'banana', ['banan', '']],
  ['*an*an*', 'bananan', ['ban', '', '']],
  ['a*b*c', 'abbc', ['b', '']],
  ['a*b*c', 'acb', undefined],
  ['**', 'xy', ['xy', '']],
  ['a**b', 'axyb', ['xy', '']],
  ['*b*b', 'b', undefined],
  ['a.c*', 'abcd', undefined],
  ['*[1m]', 'x[1m]', ['x']],
])('%s of %j', (pattern, name, expected) =>
  expect(compileGlob(pattern).match(name)).toEqual(expected as string[]),
)

/** How it was before: the meaning is that of a greedy regular expression. */
const byRegExp = (pattern: string, name: string): string[] | undefined =>
  new RegExp(`^${pattern.split('*').map(RegExp.escape).join('([\\s\\S]*)')}$`).exec(name)?.slice(1)

describe('means what a greedy regular expression means', () => {
  const words = (letters: string, length: number): string[] =>
    length === 0
      ? ['']
      : words(letters, length - 1).flatMap(word => [...letters].map(letter => word + letter))

  test('for all short patterns and names', () => {
    const names = [0, 1, 2, 3, 4, 5].flatMap(length => words('ab', length))
    for (const pattern of [1, 2, 3, 4, 5].flatMap(length => words('ab*', length))) {
      const glob = compileGlob(pattern)
      for (const name of names) {
        const expected = byRegExp(pattern, name)
        // As text: this is asked some 20,000 times.
        if (JSON.stringify(glob.match(name)) !== JSON.stringify(expected))
          expect([pattern, name, glob.match(name)]).toEqual([pattern, name, expected])
      }
    }
  })
})

test('a long name is no long work', () => {
  const pattern = compileGlob(`${'*a'.repeat(40)}*b`)
  // With backtracking this would not end.
  expect(pattern.match('a'.repeat(100_000))).toBeUndefined()
  expect(compileGlob('*gpt*mini*').match('gpt'.repeat(50_000))).toBeUndefined()
})
