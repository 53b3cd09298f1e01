import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Message, Part } from '../../../src/conversation/index.ts'
import { distinctCallIds } from '../../../src/conversation/tools/call-ids.ts'

/** `a` is a call with that id, `=a` a result of it, `say` words of the user. */
function messages(...turns: string[][]): Message[] {
  return turns.map((turn): Message => {
    const parts = turn.map((word): Part => {
      if (word === 'say') return { type: 'text', text: 'and' }
      if (word.startsWith('='))
        return {
          type: 'tool-result',
          callId: word.slice(1),
          parts: [],
          failed: false,
          runsOn: 'client',
        }
      return { type: 'tool-call', id: word, name: 'f', arguments: '{}', runsOn: 'client' }
    })
    const calls = parts.some(({ type }) => type === 'tool-call')
    return { role: calls ? 'assistant' : 'user', parts }
  })
}

function words(all: readonly Message[]): string[][] {
  return all.map(({ parts }) =>
    parts.map(part => {
      if (part.type === 'tool-call') return part.id
      return part.type === 'tool-result' ? `=${part.callId}` : 'say'
    }),
  )
}

describe('ids of calls', () => {
  const cases: [string, string[][], string[][]][] = [
    [
      'numbered anew in each reply',
      [['a'], ['=a'], ['a'], ['=a'], ['a'], ['=a']],
      [['a'], ['=a'], ['a_2'], ['=a_2'], ['a_3'], ['=a_3']],
    ],
    [
      'twice in one turn',
      [
        ['a', 'a'],
        ['=a', '=a'],
      ],
      [
        ['a', 'a_2'],
        ['=a', '=a_2'],
      ],
    ],
    [
      'of an interrupted call come again',
      [['a'], ['say'], ['a'], ['=a']],
      [['a'], ['say'], ['a_2'], ['=a_2']],
    ],
    ['that look like ours', [['a', 'a_2', 'a'], ['=a']], [['a', 'a_2', 'a_3'], ['=a']]],
    [
      'of results without a call',
      [
        ['a', 'a'],
        ['=x', '=a'],
      ],
      [
        ['a', 'a_2'],
        ['=x', '=a'],
      ],
    ],
  ]
  test.each(cases)('%s', (_, given, expected) => {
    expect(words(distinctCallIds(messages(...given)).messages)).toEqual(expected)
  })

  test('that are distinct stay, and with them the messages', () => {
    const given = messages(['a', 'b'], ['=b', '=a'], ['c'], ['=c'])
    expect(distinctCallIds(given).messages).toBe(given)
  })

  test('of a reply differ from those of its history, in each reading of it', () => {
    const { reply } = distinctCallIds(messages(['a'], ['=a'], ['a'], ['=a']))
    for (const next of [reply(), reply()])
      expect(['a', 'b', 'b', ''].map(next)).toEqual(['a_3', 'b', 'b_2', 'call'])
  })

  test('are distinct whatever came, and stay the same as the history grows', () => {
    const id = fc.constantFrom('a', 'b', 'a_2')
    const turns = fc.array(fc.array(id, { minLength: 1, maxLength: 3 }), { maxLength: 6 })
    fc.assert(
      fc.property(turns, calls => {
        const given = calls.flatMap(turn => [turn, turn.map(one => `=${one}`)])
        const all = words(distinctCallIds(messages(...given)).messages)
        const ids = all.filter((_, at) => at % 2 === 0).flat()
        expect(new Set(ids).size).toBe(ids.length)
        for (let at = 0; at < all.length; at += 2)
          expect(new Set(all[at + 1])).toEqual(new Set(all[at]?.map(one => `=${one}`)))
        const before = words(distinctCallIds(messages(...given.slice(0, -2))).messages)
        const ambiguous = ids.includes('a_2')
        if (!ambiguous) expect(all.slice(0, before.length)).toEqual(before)
      }),
      { seed: 3, numRuns: 300 },
    )
  })

  test('are given in steps that do not grow with their number', () => {
    const many = 40_000
    const given = messages(Array(many).fill('a'), Array(many).fill('=a'))
    const all = words(distinctCallIds(given).messages)
    expect(all[1]?.at(-1)).toBe(`=a_${many}`)
  }, 5_000)
})
