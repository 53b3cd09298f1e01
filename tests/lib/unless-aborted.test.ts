import { expect, test } from 'bun:test'
import { unlessAborted } from '../../src/lib/unless-aborted.ts'

test('gives what the promise gives, and throws what it throws', async () => {
  const { signal } = new AbortController()
  expect(await unlessAborted(Promise.resolve(1), signal)).toBe(1)
  expect(await unlessAborted(Promise.reject(new Error('no')), signal).catch(String)).toBe(
    'Error: no',
  )
})

test('is left with the reason of the signal, also one that was aborted before', async () => {
  const never = new Promise(() => {})
  const leaving = new AbortController()
  const waiting = unlessAborted(never, leaving.signal)
  leaving.abort(new Error('gone'))
  expect(await waiting.catch(String)).toBe('Error: gone')
  expect(await unlessAborted(never, leaving.signal).catch(String)).toBe('Error: gone')
})
