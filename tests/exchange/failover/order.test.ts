import { expect, test } from 'bun:test'
import type { AffinityTarget } from '../../../src/credentials/affinity.ts'
import { createLatencies } from '../../../src/exchange/failover/latency.ts'
import { inOrder } from '../../../src/exchange/failover/order.ts'
import type { Turns } from '../../../src/lib/smooth-choice.ts'
import type { Step } from '../../../src/routing/table.ts'
import { tableOf } from '../../support/routes.ts'

const SINGLE = '[ [ a/x ] ]'
const SEVERAL = '[ [ a/x, b/y, c/z ] ]'

function step(targets: string, more = ''): Step {
  const table = tableOf(
    `providers: { a: { kind: echo }, b: { kind: echo }, c: { kind: echo } }\nmodels: { m: { to: ${targets}${more} } }\n`,
  )
  const resolution = table.resolve('m')
  const found = resolution.found ? resolution.route.steps[0] : undefined
  if (!found) throw new Error(`no step in ${targets}`)
  return found
}

const latencies = createLatencies(() => 0)

function orders(targets: Step, times: number, preferred?: AffinityTarget): string[] {
  const turns = new Map<string, Turns>()
  return Array.from({ length: times }, () =>
    inOrder(targets, turns, preferred, latencies)
      .map(({ provider }) => provider.id)
      .join(''),
  )
}

test.each<[string, Step, string[]]>([
  ['one target', step(SINGLE), ['a', 'a']],
  ['in turns', step(SEVERAL), ['abc', 'bca', 'cab', 'abc']],
  ['as they stand', step(SEVERAL, ', strategy: fill-first'), ['abc', 'abc']],
  ['unmeasured, as they stand', step(SEVERAL, ', strategy: least-latency'), ['abc', 'abc']],
])('%s', (_, targets, expected) => expect(orders(targets, expected.length)).toEqual(expected))

test('weights are kept to, evenly spread', () => {
  const weighted = step('[ [ { target: a/x, weight: 3 }, b/y ] ]', ', strategy: weighted')
  expect(orders(weighted, 8).map(order => order[0])).toEqual([...'aabaaaba'])
})

test('a conversation goes to its own target first, and takes no turn', () => {
  const own = { provider: 'b', model: 'y', credential: 'b/1' }
  expect(orders(step(SEVERAL), 3, own)).toEqual(['bca', 'bca', 'bca'])
  expect(orders(step(SEVERAL), 2, { ...own, model: 'other' })).toEqual(['abc', 'bca'])
})
