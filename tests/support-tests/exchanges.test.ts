import { describe, expect, test } from 'bun:test'
import { madeUp, payloadsIn } from '../support/exchanges.ts'
import { schemaFaults, schemasMissing } from '../support/schemas.ts'
import { WIRES } from '../support/wires.ts'

const all = WIRES.flatMap(wire => madeUp(wire).map(exchange => ({ wire, exchange })))

test('each exchange has its own name', () => {
  const ids = all.map(({ exchange }) => exchange.id)
  expect(ids.length).toBeGreaterThanOrEqual(40)
  expect(new Set(ids).size).toBe(ids.length)
})

describe.skipIf(schemasMissing)('a made-up exchange is legal by its API’s own schema', () => {
  test.each(all.map(({ wire, exchange }) => [exchange.id, wire, exchange] as const))(
    '%s',
    (_, wire, { request, response, sse, status }) => {
      expect(schemaFaults(wire, 'request', request)).toEqual([])
      if (response && status === 200) expect(schemaFaults(wire, 'response', response)).toEqual([])
      // The schema has no ping.
      for (const payload of payloadsIn(sse ?? '').filter(({ type }) => type !== 'ping'))
        expect(schemaFaults(wire, 'event', payload)).toEqual([])
    },
  )
})
