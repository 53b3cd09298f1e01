import { expect, test } from 'bun:test'
import { splitAddress } from '../../src/routing/address.ts'
import { routeText, tableOf } from '../support/routes.ts'

test.each([
  ['a/x', { head: 'a', model: 'x' }],
  ['a/x/y', { head: 'a', model: 'x/y' }],
  ['a://x', { head: 'a', model: 'x' }],
  ['a://x/y', { head: 'a', model: 'x/y' }],
  ['a:/x', { head: 'a:', model: 'x' }],
  ['a/', { head: 'a', model: '' }],
  ['a//x', { head: 'a', model: '/x' }],
  ['x', undefined],
  ['/x', undefined],
  ['', undefined],
])('%s', (text, split) => expect(splitAddress(text)).toEqual(split))

const FILE = `providers:
  a: { kind: echo }
  b: { kind: echo, prefix: team, models: [ x ] }
  c: { kind: echo, prefix: team, models: [ x, y ] }
  d: { kind: echo, exclude: [ "secret-*" ] }
models: { of-file: b/x }
`

test.each([
  ['a/x', 'a/x'],
  ['a://x', 'a/x'],
  ['team/y', 'c/y'],
  ['team/x', 'b/x | c/x'],
  ['of-file', 'b/x'],
])('a client that asks for %s', (asked, route) =>
  expect(routeText(tableOf(FILE).resolve(asked))).toBe(route),
)

test.each([['b/x'], ['d/secret-1'], ['nobody/x'], ['a/']])('a client cannot ask for %s', asked =>
  expect(tableOf(FILE).resolve(asked).found).toBe(false),
)
