import { expect, test } from 'bun:test'
import { storeResponse, withHistory } from '../../../src/exchange/history/stored-responses.ts'
import { createMemoryState } from '../../../src/store/state/memory.ts'

test('a history that is kept here is put back as long as it is no longer than a request', async () => {
  const state = createMemoryState(() => 0)
  const input = 'x'.repeat(25_000_000)
  for (let turn = 1; turn <= 3; turn++) {
    const previous = turn > 1 ? { previous_response_id: `r${turn - 1}` } : {}
    storeResponse(state, 'alice', { input, ...previous }, { id: `r${turn}`, output: [] })
  }
  const following = (id: string) =>
    withHistory({ previous_response_id: id, input: 'y' }, state, 'alice')
  expect((await following('r2')).input).toHaveLength(3)
  await expect(following('r3')).rejects.toThrow('send what is needed of it in input')
})
