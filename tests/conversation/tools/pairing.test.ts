import { describe, expect, test } from 'bun:test'
import { type Message, type Part, pairCalls, toTurns } from '../../../src/conversation/index.ts'

const call = (id: string, name: string): Part => ({
  type: 'tool-call',
  id,
  name,
  arguments: '{}',
  runsOn: 'client',
})
const result = (callId: string, name?: string): Part => ({
  type: 'tool-result',
  callId,
  parts: [],
  failed: false,
  runsOn: 'client',
  ...(name === undefined ? {} : { name }),
})
const model = (...parts: Part[]): Message => ({ role: 'assistant', parts })
const user = (...parts: Part[]): Message => ({ role: 'user', parts })
const words: Part = { type: 'text', text: 'hi' }

/** The ids of calls and results in order. */
function idsOf(messages: readonly Message[]): string[] {
  return messages.flatMap(({ parts }) =>
    parts.flatMap(part => {
      if (part.type === 'tool-call') return [part.id]
      return part.type === 'tool-result' ? [`→${part.callId}`] : []
    }),
  )
}

describe('a result is linked to the call that it answers', () => {
  test.each<[string, Message[], string[]]>([
    [
      'by id',
      [model(call('a', 'f'), call('b', 'f')), user(result('b'), result('a'))],
      ['a', 'b', '→b', '→a'],
    ],
    [
      'without an id, by name, oldest first',
      [
        model(call('a', 'f'), call('b', 'g'), call('c', 'f')),
        user(result('', 'f'), result('', 'f'), result('', 'g')),
      ],
      ['a', 'b', 'c', '→a', '→c', '→b'],
    ],
    [
      'else the oldest that is unanswered',
      [model(call('a', 'f'), call('b', 'g')), user(result('', 'other'), result(''))],
      ['a', 'b', '→a', '→b'],
    ],
    [
      'never the call that another result names',
      [model(call('a', 'f'), call('b', 'f')), user(result('', 'f'), result('a', 'f'))],
      ['a', 'b', '→b', '→a'],
    ],
    [
      'results in messages of their own',
      [
        model(call('a', 'f')),
        model(call('b', 'f')),
        user(result('')),
        user(words),
        user(result('')),
      ],
      ['a', 'b', '→a', '→b'],
    ],
    [
      'a made-up id, where the tool is named',
      [model(call('', 'f')), user(result('f-123', 'f'))],
      ['call_0_0', '→call_0_0'],
    ],
    ['an unknown id without a name stays', [model(call('a', 'f')), user(result('x'))], ['a', '→x']],
    [
      'an id that is answered already stays',
      [model(call('a', 'f'), call('b', 'f')), user(result('a', 'f'), result('a', 'f'))],
      ['a', 'b', '→a', '→a'],
    ],
    [
      'calls without ids get one by their place',
      [user(words), model(call('', 'f'), words, call('', 'f')), user(result(''), result(''))],
      ['call_1_0', 'call_1_1', '→call_1_0', '→call_1_1'],
    ],
    [
      'which is never one that there is',
      [model(call('call_1_0', 'f')), model(call('', 'f')), user(result('', 'f'), result('', 'f'))],
      ['call_1_0', 'call_1_0_', '→call_1_0', '→call_1_0_'],
    ],
    [
      'the latest turn comes first, not a call that was given up',
      [model(call('a', 'f')), user(words), model(call('b', 'f')), user(result('', 'f'))],
      ['a', 'b', '→b'],
    ],
    [
      'a late result',
      [model(call('a', 'f')), user(words), model(words), user(result('', 'f'))],
      ['a', '→a'],
    ],
    ['a result of nothing', [user(result('', 'f'))], ['→call_0_0']],
  ])('%s', (_, messages, expected) => {
    expect(idsOf(pairCalls(messages))).toEqual(expected)
  })

  test('what has its ids is left as it is', () => {
    const messages = [user(words), model(call('a', 'f')), user(result('a', 'f'))]
    const paired = pairCalls(messages)
    expect(paired.map((message, at) => message === messages[at])).toEqual([true, true, true])
  })

  test('steps of the upstream’s own are left alone', () => {
    const own: Part = { ...call('', 'search'), runsOn: 'server' } as Part
    const messages = [model(own), user(result(''))]
    expect(idsOf(pairCalls(messages))).toEqual(['', '→call_1_0'])
  })
})

describe('a hundred thousand calls and results', () => {
  const many = 100_000
  const shapes: [string, Message[]][] = [
    [
      'in two messages',
      [
        model(...Array.from({ length: many }, (_, at) => call('', `f${at % 7}`))),
        user(...Array.from({ length: many }, (_, at) => result('', `f${at % 5}`))),
      ],
    ],
    [
      'in messages of their own',
      [
        ...Array.from({ length: many }, (_, at) => model(call(`c${at}`, 'f'))),
        ...Array.from({ length: many }, (_, at) => user(result(`c${many - at}`, 'g'))),
      ],
    ],
    [
      'turn by turn, none answered',
      Array.from({ length: many }, (_, at) => (at % 2 ? user(words) : model(call('', `f${at}`)))),
    ],
  ]
  // A bound for work that is not linear: it takes minutes then.
  test.each(shapes)(
    '%s',
    (_, messages) => {
      const turns = toTurns(pairCalls(messages))
      const calls = turns.flatMap(({ parts }) => parts.filter(({ type }) => type === 'tool-call'))
      const answers = turns.flatMap(({ parts }) =>
        parts.filter(({ type }) => type === 'tool-result'),
      )
      expect(answers.length).toBe(calls.length)
    },
    15_000,
  )
})
