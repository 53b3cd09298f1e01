import { describe, expect, test } from 'bun:test'
import { Progress } from '../../src/exchange/progress.ts'
import type { Target } from '../../src/routing/table.ts'

const target = (model: string) => ({ model }) as Target

describe('progress of an exchange', () => {
  test('begins with nothing ruled out and nothing asked', () => {
    const progress = new Progress()
    expect(progress.attempts).toBe(0)
    expect(progress.isRuledOut(target('a'))).toBe(false)
    expect([...progress.excludedOf(target('a'))]).toEqual([])
  })

  test('knows a target by identity: the same name may stand in a route twice', () => {
    const progress = new Progress()
    const [first, second] = [target('a'), target('a')]
    progress.ruleOut(first)
    expect([progress.isRuledOut(first), progress.isRuledOut(second)]).toEqual([true, false])
  })

  test('keeps the credentials that each target refused apart', () => {
    const progress = new Progress()
    const [first, second] = [target('a'), target('b')]
    progress.exclude(first, 'p/one')
    progress.exclude(first, 'p/two')
    progress.exclude(second, 'p/one')
    expect([...progress.excludedOf(first)]).toEqual(['p/one', 'p/two'])
    expect([...progress.excludedOf(second)]).toEqual(['p/one'])
  })
})
