import { describe, expect, test } from 'bun:test'
import { observersByEvent, type SnapshotObserver } from '../../src/exchange/events.ts'

const asking = (...events: SnapshotObserver['events']): SnapshotObserver => ({ events, on() {} })

describe('the observers of a snapshot', () => {
  test('get the events that they ask for, in their order', () => {
    const first = asking('attempt-end', 'exchange-end')
    const second = asking('attempt-end')
    const compiled = observersByEvent([first, second])
    expect(compiled['attempt-end']).toEqual([first, second])
    expect(compiled['exchange-end']).toEqual([first])
    expect(compiled['attempt-failure']).toEqual([])
  })

  test('get no event of the wire', () => {
    const compiled = observersByEvent([asking('attempt-answer', 'attempt-retry')])
    expect(compiled['attempt-start']).toEqual([])
    expect(compiled['attempt-reply']).toEqual([])
  })
})
