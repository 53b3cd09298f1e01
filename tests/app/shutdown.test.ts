import { expect, test } from 'bun:test'
import { shutdown } from '../../src/app/shutdown.ts'
import { localGateway } from '../support/local-gateway.ts'

const ROUTES = (grace: string): string => `
providers: { echo: { kind: echo } }
server: { shutdown-grace: ${grace} }
`

/** A listener whose running exchanges end when `end` is called, or when they are cut. */
function listener() {
  const { promise, resolve } = Promise.withResolvers<void>()
  const calls: string[] = []
  return {
    end: resolve,
    calls,
    url: '',
    port: 0,
    peerOf: () => undefined,
    drain() {
      calls.push('drain')
      return promise
    },
    async cut() {
      calls.push('cut')
      resolve()
    },
  }
}

function serving(grace: string) {
  const local = localGateway(ROUTES(grace), () => new Response())
  const { gateway, services } = local
  return {
    local,
    live: { current: { gateway, app: undefined }, refused: [], reloads: 0 },
    services,
  }
}

test('what ends within the grace period is not cut', async () => {
  const { live, services } = serving('1h')
  const running = listener()
  const stopped = shutdown({ live, services }, running)
  running.end()
  await stopped
  expect(running.calls).toEqual(['drain'])
})

test('what still runs after it is cut, and the log says so', async () => {
  const { local, live, services } = serving('1ms')
  const running = listener()
  await shutdown({ live, services }, running)
  expect(running.calls).toEqual(['drain', 'cut'])
  expect(local.logged()).toContain('the grace period is over; cutting what still runs')
})

test('what exchanges left to do is done before it resolves', async () => {
  const { local, live, services } = serving('1h')
  const { promise, resolve } = Promise.withResolvers<void>()
  services.background.run(() => promise.then(() => services.log.write('info', 'written later')))
  const running = listener()
  running.end()
  const stopped = shutdown({ live, services }, running)
  resolve()
  await stopped
  expect(local.logged()).toContain('written later')
})
