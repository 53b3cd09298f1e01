import { describe, expect, test } from 'bun:test'
import { lossesText, stamp } from '../../src/exchange/response-headers.ts'
import type { Route, Target } from '../../src/routing/table.ts'

const exchange = (route: string, attempts: number) => ({
  id: 'req_1',
  route: { name: route } as Route,
  progress: { attempts } as never,
})

describe('the headers of a reply', () => {
  test('name the request, the route and the attempts where no target answered', () => {
    const headers = new Headers()
    stamp(headers, exchange('models.m', 2))
    expect(Object.fromEntries(headers)).toEqual({
      'x-jackfield-request-id': 'req_1',
      'x-jackfield-route': 'models.m',
      'x-jackfield-attempts': '2',
    })
  })

  test('name the target and the losses where one did', () => {
    const headers = new Headers()
    const target = { provider: { id: 'p' }, model: 'größe' } as Target
    stamp(headers, exchange('models.ü', 1), {
      target,
      losses: [{ path: 'thinking', reason: 'x does not think' }],
    })
    expect(headers.get('x-jackfield-route')).toBe('models.%C3%BC')
    expect(headers.get('x-jackfield-provider')).toBe('p/gr%C3%B6%C3%9Fe')
    expect(headers.get('x-jackfield-losses')).toBe('thinking: x does not think')
  })
})

describe('the text of losses', () => {
  test.each([
    ['none', [], undefined],
    ['two', [loss('a', 'b'), loss('c', 'd')], 'a: b; c: d'],
  ])('%s', (_, losses, expected) => expect(lossesText(losses)).toBe(expected))

  test('is cut, and says how many there are', () => {
    const text = lossesText(Array.from({ length: 300 }, () => loss('path', 'a reason'))) ?? ''
    expect(text.length).toBeLessThan(2_100)
    expect(text).toEndWith('... (300 in all)')
  })
})

function loss(path: string, reason: string) {
  return { path, reason }
}
