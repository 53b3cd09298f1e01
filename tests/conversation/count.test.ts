import { describe, expect, test } from 'bun:test'
import { countTokens } from '../../src/conversation/count.ts'
import type { ConversationRequest } from '../../src/conversation/index.ts'
import { piecesOf } from '../../src/conversation/text-pieces.ts'

function asking(text: string): ConversationRequest {
  return {
    system: [],
    messages: [{ role: 'user', parts: [{ type: 'text', text }] }],
    tools: [],
    toolChoice: { mode: 'auto' },
    sampling: {},
    format: { type: 'text' },
  }
}

const PROSE = 'The gateway counts tokens; it must not stop while it does, whatever the text. '

describe('counting takes time linear in the text, whatever stands in it', () => {
  // A tokenizer that merges a run as a whole takes minutes for each of these.
  test.each([
    ['Chinese without a stop', '中'],
    ['rare characters', '龘靐'],
    ['spaces', ' '],
    ['line breaks', '\n'],
    ['signs', '!'],
    ['letters', 'qxzj'],
    ['emoji', '👩‍👩‍👧'],
    ['halves of characters', '\ud800'],
  ])('%s', async (_, unit) => {
    await countTokens(asking('warm'))
    const began = performance.now()
    const tokens = await countTokens(asking(unit.repeat(150_000 / unit.length)))
    expect(performance.now() - began).toBeLessThan(2_000)
    expect(tokens).toBeGreaterThan(1_000)
  })
})

test('prose is counted as a whole: where nothing is cut the count is the tokenizer’s own', async () => {
  const { encode } = await import('gpt-tokenizer/encoding/o200k_base')
  const framing = await countTokens(asking(''))
  expect(await countTokens(asking(PROSE))).toBe(encode(PROSE).length + framing)
})

test('what is beyond the limit is estimated from what came before it', async () => {
  const once = await countTokens(asking(PROSE.repeat(4_000)))
  const tenfold = await countTokens(asking(PROSE.repeat(40_000)))
  expect(tenfold / once).toBeCloseTo(10, 0)
})

describe('pieces', () => {
  test.each([
    ['prose', PROSE.repeat(300)],
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
