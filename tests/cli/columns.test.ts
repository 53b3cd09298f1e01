import { expect, test } from 'bun:test'
import { columns } from '../../src/cli/columns.ts'

const ROWS = [
  ['name', 'a', 'much'],
  ['long name', '12', '3'],
]

test('columns are as wide as their longest cell, and no line ends with a space', () => {
  expect(columns(ROWS)).toEqual(['name       a   much', 'long name  12  3'])
})

test('numbers stand to the right', () => {
  expect(columns(ROWS, 'right')).toEqual(['name        a  much', 'long name  12     3'])
})

test('no rows are no lines', () => {
  expect(columns([])).toEqual([])
})
