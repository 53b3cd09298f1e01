import { describe, expect, test } from 'bun:test'
import { spellingOf, withSpelling } from '../../../src/protocols/openai-chat/spelling.ts'

describe('how a client spelled a node', () => {
  test('is no member of its extensions', () => {
    const node = withSpelling({ name: 'n' }, { content: 'string' })
    expect(node).toEqual({ extensions: { 'openai-chat': { name: 'n' } } })
    expect(spellingOf(node)).toEqual({ content: 'string' })
  })

  test('is known of a copy with another member', () => {
    const node = { text: 'a', ...withSpelling({}, { old: true }) }
    const copy = { ...node, text: 'b' }
    expect(spellingOf(copy)).toEqual({ old: true })
  })

  test('is empty for a node of another protocol, and where nothing was noted', () => {
    expect(spellingOf({ extensions: { gemini: {} } })).toEqual({})
    expect(withSpelling({}, {})).toEqual({})
    expect(spellingOf(withSpelling({ name: 'n' }, {}))).toEqual({})
  })
})
