import { describe, expect, test } from 'bun:test'
import type { Exchange } from '../../../src/exchange/context.ts'
import {
  type AttemptFailure,
  type Candidate,
  candidates,
} from '../../../src/exchange/failover/candidates.ts'
import { ParsedBody } from '../../../src/exchange/parsed-body.ts'
import { Progress } from '../../../src/exchange/progress.ts'
import { type ErrorCode, GatewayError } from '../../../src/lib/errors.ts'
import { openaiChat } from '../../../src/protocols/openai-chat/index.ts'
import { sampleFacts } from '../../../src/routing/facts.ts'
import { localGateway } from '../../support/local-gateway.ts'

const ROUTES = `
providers:
  a: { kind: openai-compatible, base-url: "http://a.test/v1", keys: [ { name: one, key: k1 }, { name: two, key: k2 } ] }
  b: { kind: openai-compatible, base-url: "http://b.test/v1", keys: [ k3 ] }
  c: { kind: openai-compatible, base-url: "http://c.test/v1", keys: [ k4 ], models: [ { name: z, lacks: [ images ] } ] }
models:
  m: [ a/x, b/y ]
  blind: [ c/z, b/y ]
policy: { request-retry: 0 }
`

/** An exchange that has been admitted, with nothing tried yet. */
function admitted(body: object, routes = ROUTES): Exchange {
  const { gateway, services } = localGateway(routes, () => new Response())
  const json = { model: 'm', messages: [{ role: 'user', content: 'hi' }], ...body }
  const resolution = gateway.table.resolve(json.model, sampleFacts(json.model))
  if (!resolution.found) throw new Error('no such model')
  const envelope = { model: json.model, stream: false }
  const caller = { name: 'local', may: () => true }
  const source = { codec: openaiChat, action: 'generate' as const, envelope, caller }
  return {
    ...source,
    id: 'req_1',
    receivedAtMs: services.now(),
    requestLine: undefined,
    client: 'other',
    relay: undefined,
    headers: new Headers(),
    signal: new AbortController().signal,
    body: new ParsedBody(new TextEncoder().encode(JSON.stringify(json)), {
      ...source,
      state: services.state,
    }),
    route: resolution.route,
    trace: resolution.trace,
    allowsPassthrough: true,
    compacts: false,
    gateway,
    progress: new Progress(),
    recording: undefined,
    observers: [],
  }
}

/** Runs the generator; `fails` is the outcome of each attempt. */
async function tried(
  exchange: Exchange,
  fails: (candidate: Candidate) => AttemptFailure,
): Promise<{ names: string[]; error: GatewayError }> {
  const names: string[] = []
  const steps = candidates(exchange)
  let failure: AttemptFailure | undefined
  for (;;) {
    const { done, value } = steps.next(failure)
    failure = undefined
    if (done) return { names, error: value }
    if (value instanceof Promise) {
      await value
      continue
    }
    names.push(`${value.lease.credential.id} ${value.target.model}`)
    exchange.progress.attempts++
    failure = fails(value)
  }
}

const failing = (code: ErrorCode, after: AttemptFailure['after']): AttemptFailure => ({
  error: new GatewayError(code, code),
  after,
})

describe('the candidates of a request', () => {
  test('are all credentials of a target, then those of the next', async () => {
    const { names, error } = await tried(admitted({}), () => failing('upstream-failed', 'next'))
    expect(names).toEqual(['a/one x', 'a/two x', 'b/key-1 y'])
    expect(error.code).toBe('upstream-failed')
  })

  test('leave the other credentials of a target out that cannot take the request', async () => {
    const { names } = await tried(admitted({}), () => failing('context-exceeded', 'next-target'))
    expect(names).toEqual(['a/one x', 'b/key-1 y'])
  })

  test('name the same one again where it may be asked once more', async () => {
    let first = true
    const { names } = await tried(admitted({}), () => {
      const after = first ? 'again' : 'next-target'
      first = false
      return failing('invalid-request', after)
    })
    expect(names).toEqual(['a/one x', 'a/one x', 'b/key-1 y'])
  })

  test('leave a target out that lacks what the request needs', async () => {
    const content = [{ type: 'image_url', image_url: { url: 'https://x.test/y.png' } }]
    const exchange = admitted({ model: 'blind', messages: [{ role: 'user', content }] })
    const { names } = await tried(exchange, () => failing('upstream-failed', 'next'))
    expect(names).toEqual(['b/key-1 y'])
    expect(exchange.progress.decisions[0]).toMatchObject({ target: 'c/z', verdict: 'passed over' })
  })

  test('end with the error that tells the client most', async () => {
    const codes: ErrorCode[] = ['upstream-failed', 'rate-limited', 'upstream-auth']
    const { error } = await tried(admitted({}), () =>
      failing(codes.shift() ?? 'upstream-failed', 'next'),
    )
    expect(error.code).toBe('rate-limited')
  })

  test('wait for nothing where nothing must be read or waited for', () => {
    const { value } = candidates(admitted({})).next()
    expect(value).toMatchObject({ target: { model: 'x' } })
  })
})
