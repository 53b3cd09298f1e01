import { describe, expect, test } from 'bun:test'
import { createProbe } from '../../../src/exchange/upstream/connect-probe.ts'

const URL = 'https://api.example.test/v1/messages'

function probed() {
  let now = 0
  const opened: (() => void)[] = []
  const asked: string[] = []
  const probe = createProbe(
    () => now,
    ({ hostname, port, socket }) => {
      asked.push(`${hostname}:${port}`)
      opened.push(() => socket.open({ end() {} }))
      return new Promise(() => {})
    },
  )
  const later = (ms: number): void => {
    now += ms
  }
  return { probe, opened, asked, later }
}
const never = (): void => {
  throw new Error('counted as unreachable')
}

describe('connecting is timed beside the request', () => {
  test('an origin that never opens is given up', async () => {
    const { probe } = probed()
    await new Promise<void>(resolve => probe(URL, 1, resolve))
  })

  test('one that was reached lately is not probed again, but later it is', () => {
    const { probe, opened, asked, later } = probed()
    probe(URL, 60_000, never)
    opened[0]?.()
    probe(URL, 60_000, never)
    expect(asked).toEqual(['api.example.test:443'])
    later(300_001)
    probe(URL, 60_000, never)?.()
    expect(asked).toHaveLength(2)
  })

  test('0 switches it off', () => {
    const { probe, asked } = probed()
    probe(URL, 0, never)
    expect(asked).toEqual([])
  })
})
