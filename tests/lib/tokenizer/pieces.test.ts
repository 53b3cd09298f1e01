import { describe, expect, test } from 'bun:test'
import { piecesOf } from '../../../src/lib/tokenizer/pieces.ts'

describe('pieces', () => {
  test.each([
    ['prose', 'The gateway counts tokens; it must not stop while it does. '.repeat(400)],
    ['a long run', 'a'.repeat(1_000)],
    ['emoji', '👍'.repeat(1_000)],
    ['nothing', ''],
  ])('%s: together they are the text, and no character is cut in half', (_, text) => {
    const pieces = [...piecesOf(text)]
    expect(pieces.join('')).toBe(text)
    expect(pieces.every(piece => piece.isWellFormed())).toBe(true)
    expect(pieces.every(piece => piece.length <= 8_192)).toBe(true)
  })
})
