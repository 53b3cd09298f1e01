import { describe, expect, test } from 'bun:test'
import { listenerAddress, listenProblem } from '../../src/cli/listener-address.ts'
import { tableOf } from '../support/routes.ts'

const BASE = 'version: 1\nproviders: { echo: { kind: echo } }\n'
const KEYS = `${BASE}api-keys: [ { name: ann, key: key-of-ann } ]\n`

describe('where a gateway listens', () => {
  test.each([
    [BASE, {}, { host: '127.0.0.1', port: 8317 }],
    [BASE, { port: '0' }, { host: '127.0.0.1', port: 0 }],
    [`${BASE}server: { port: 9000 }\n`, {}, { host: '127.0.0.1', port: 9000 }],
    [`${BASE}server: { port: 9000 }\n`, { port: '9001' }, { host: '127.0.0.1', port: 9001 }],
    [BASE, { host: '::1' }, { host: '::1', port: 8317 }],
    [KEYS, { host: '0.0.0.0' }, { host: '0.0.0.0', port: 8317 }],
  ])('%# options go before the file', async (routes, options, address) => {
    expect(await listenerAddress(tableOf(routes), options)).toEqual(address)
  })

  test.each(['65536', '-1', '80x', '', '1e3'])('%j is no port', async port => {
    expect(await listenerAddress(tableOf(BASE), { port })).toBe(
      `--port ${port}: expected a number from 0 to 65535`,
    )
  })

  test.each(['0.0.0.0', '::', '*', '192.0.2.7'])(
    'without api-keys %s is refused: other machines reach it',
    async host => {
      expect(await listenerAddress(tableOf(BASE), { host })).toContain(
        `${host} lets other machines in, and without api-keys they would need none`,
      )
    },
  )
})

test.each([
  ['EADDRINUSE', 'port 80 on h is in use; stop what runs there or give another --port'],
  ['EACCES', 'port 80 may not be opened by this user; give a --port above 1023'],
  ['EOTHER', 'cannot listen on h:80 (no); check --host and --port'],
])('%s says what to do', (code, words) => {
  const error = Object.assign(new Error('no'), { code })
  expect(listenProblem(error, { host: 'h', port: 80 })).toBe(words)
})
