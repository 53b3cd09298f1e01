import { describe, expect, test } from 'bun:test'
import { countTokens } from '../../src/conversation/count.ts'
import type { ConversationRequest } from '../../src/conversation/index.ts'
import { processorMsSince } from '../support/processor-time.ts'

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

/** What the request and its message cost besides their text. */
const FRAMING = 7

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
    const began = process.cpuUsage()
    const tokens = await countTokens(asking(unit.repeat(150_000 / unit.length)))
    expect(processorMsSince(began)).toBeLessThan(2_000)
    expect(tokens).toBeGreaterThan(1_000)
  })
})

test('other work goes on while a long text is counted', async () => {
  const varied = Array.from({ length: 80_000 }, (_, at) => (at * 7_919).toString(36)).join(' ')
  await countTokens(asking('warm'))
  let counting = true
  let turns = 0
  const counted = countTokens(asking(varied)).finally(() => {
    counting = false
  })
  while (counting) {
    await new Promise(resolve => setImmediate(resolve))
    turns++
  }
  expect(await counted).toBeGreaterThan(50_000)
  // Where the count holds up the loop it is one.
  expect(turns).toBeGreaterThan(3)
})

test('what is asked beyond seconds of work is estimated by length', async () => {
  const counts = await Promise.all(
    Array.from({ length: 8 }, () => countTokens(asking('!?'.repeat(200_000)))),
  )
  const byLength = counts.filter(count => count === Math.ceil(400_000 / 4) + FRAMING)
  // Five go in; fewer where an estimate of another test is still running.
  expect(byLength.length).toBeWithin(3, 8)
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
