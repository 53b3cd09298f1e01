import { expect, test } from 'bun:test'
import { sourceMemory } from '../../../src/lib/json/source-memory.ts'

test('a node recalls what was remembered of it, and a copy of it does not', () => {
  const memory = sourceMemory('test')
  const node = memory.remember({ text: 'a' }, { content: 'a' })
  expect(memory.recall(node)).toEqual({ content: 'a' })
  expect(memory.recall({ ...node })).toBeUndefined()
})

test('every call for a protocol gets the same memory', () => {
  const node = sourceMemory('test').remember({}, 'wire')
  expect(sourceMemory('test').recall(node)).toBe('wire')
})

test('one protocol knows nothing of what another remembers', () => {
  const node = sourceMemory('test').remember({}, 'wire')
  expect(sourceMemory('other').recall(node)).toBeUndefined()
})
