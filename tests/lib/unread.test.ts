import { describe, expect, test } from 'bun:test'
import { whenUnread } from '../../src/lib/unread.ts'

function watched(leaving = new AbortController()) {
  let unread = 0
  const begins = whenUnread(leaving.signal, () => unread++)
  return { begins, leave: () => leaving.abort(), unread: () => unread }
}

describe('a body', () => {
  test('that is read ends by itself, whenever its client goes', () => {
    const { begins, leave, unread } = watched()
    expect(begins()).toBe(true)
    leave()
    expect(unread()).toBe(0)
  })

  test('whose client goes first is unread, once, and does not begin', () => {
    const { begins, leave, unread } = watched()
    leave()
    expect([unread(), begins(), unread()]).toEqual([1, false, 1])
  })

  test('whose client is gone already is unread at once', () => {
    const leaving = new AbortController()
    leaving.abort()
    const { begins, unread } = watched(leaving)
    expect([unread(), begins()]).toEqual([1, false])
  })
})
