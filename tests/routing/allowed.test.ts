import { expect, test } from 'bun:test'
import { allowedBy } from '../../src/routing/allowed.ts'

test.each<[models: string[] | undefined, asked: string, may: boolean]>([
  [undefined, 'anything', true],
  [['coder'], 'coder', true],
  [['coder'], 'coder(high)', true],
  [['coder'], 'coder(whatever)', true],
  [['coder'], 'coders', false],
  [['claude-*'], 'claude-9(low)', true],
  [['coder(high)'], 'coder(high)', true],
  [['coder(high)'], 'coder', false],
  [['coder(high)'], 'coder(low)', false],
  [['*(high)'], 'coder(high)', true],
  [['x (free)'], 'x (free)', true],
  // What is served is the name before the brackets.
  [['*small*'], 'big(small)', false],
  [['*small*'], 'small(big)', true],
  [['a*', '*(b)'], 'c(a)', false],
])('a key with %j asks for %s: %p', (models, asked, may) =>
  expect(allowedBy(models)(asked)).toBe(may),
)
