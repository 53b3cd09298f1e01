import { describe, expect, test } from 'bun:test'
import { brotliCompressSync, constants, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { unpacked } from '../../../src/gateway/handlers/unpack.ts'
import { createGate } from '../../../src/lib/gate.ts'
import { renewedGateway } from '../../support/local-gateway.ts'

const ROUTES = `
version: 1
providers: { a: { kind: openai-compatible, base-url: "http://a.test/v1", keys: [ k ] } }
models: { m: a/x }
`
const REPLY = { id: 'c', model: 'x', choices: [{ index: 0, message: { content: 'ok' } }] }
const gateway = () => renewedGateway(ROUTES, () => Response.json(REPLY))

const PACK = {
  gzip: gzipSync,
  'x-gzip': gzipSync,
  deflate: deflateSync,
  // The best quality, which is the default, takes seconds.
  br: (bytes: string) =>
    brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }),
  zstd: zstdCompressSync,
}
const CODINGS = Object.entries(PACK)
const body = (words: string): string =>
  JSON.stringify({ model: 'm', messages: [{ role: 'user', content: words }] })

function packed(coding: string, bytes: Uint8Array): RequestInit {
  return {
    method: 'POST',
    body: bytes as Uint8Array<ArrayBuffer>,
    headers: { 'content-encoding': coding },
  }
}

describe.each(CODINGS)('a body in %s', (coding, pack) => {
  test('is unpacked', async () => {
    const local = gateway()
    const response = await local.call('/v1/chat/completions', packed(coding, pack(body('hello'))))
    expect(response.status).toBe(200)
    expect(local.received[0]?.text).toContain('hello')
  })

  test('that repeats itself as conversations do is unpacked', async () => {
    const words = 'the same file once more\n'.repeat(40_000)
    const response = await gateway().call('/v1/chat/completions', packed(coding, pack(body(words))))
    expect(response.status).toBe(200)
  })

  test('that unpacks to absurdly much is refused with what to do', async () => {
    const bomb = pack(body(' '.repeat(50_000_000)))
    expect(bomb.length).toBeLessThan(60_000)
    const response = await gateway().call('/v1/chat/completions', packed(coding, bomb))
    expect(response.status).toBe(413)
    expect(await response.text()).toContain('send it without content-encoding')
  })

  test('does not keep the loop from turning while it is unpacked', async () => {
    let turned = false
    setImmediate(() => {
      turned = true
    })
    const bytes = pack('a'.repeat(3_000_000))
    expect(await unpacked(bytes, coding, 64_000_000)).toHaveLength(3_000_000)
    expect(turned).toBe(true)
  })
})

/** A body of which only the beginning comes. */
function halfSent(bytes: string): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: controller => controller.enqueue(new TextEncoder().encode(bytes)),
  })
}

describe('a body of which the rest does not come is not waited for', () => {
  test.each([
    ['of unknown length', {}],
    ['of a known length', { 'content-length': '100' }],
  ])('%s', async (_, headers) => {
    const local = gateway()
    const answering = local.call('/v1/chat/completions', {
      method: 'POST',
      body: halfSent('{"model":'),
      headers: headers as Record<string, string>,
    })
    await Bun.sleep(0)
    local.advance(20_000)
    await Bun.sleep(0)
    local.advance(20_000)
    const response = await answering
    expect(response.status).toBe(408)
    expect(response.headers.get('connection')).toBe('close')
    expect(await response.text()).toContain('did not arrive in time')
    expect(local.received).toEqual([])
  })

  test('a long one has more time', async () => {
    const local = gateway()
    let rest: ReadableStreamDefaultController<Uint8Array> | undefined
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        rest = controller
        controller.enqueue(new TextEncoder().encode(`{"x":"${'y'.repeat(2_000_000)}",`))
      },
    })
    const answering = local.call('/v1/chat/completions', { method: 'POST', body: stream })
    for (let second = 0; second < 60; second += 10) {
      await Bun.sleep(0)
      local.advance(10_000)
    }
    rest?.enqueue(new TextEncoder().encode(body('late').slice(1)))
    rest?.close()
    expect((await answering).status).toBe(200)
  })
})

test('a gate lets so many through at once, in the order in which they came', async () => {
  const gate = createGate(2)
  const begun: number[] = []
  const ends: (() => void)[] = []
  const all = [0, 1, 2, 3].map(index =>
    gate(async () => {
      begun.push(index)
      await new Promise<void>(resolve => ends.push(resolve))
      if (index === 1) throw new Error('failed')
    }).catch(() => {}),
  )
  await Bun.sleep(0)
  expect(begun).toEqual([0, 1])
  ends[1]?.()
  await Bun.sleep(0)
  expect(begun).toEqual([0, 1, 2])
  for (let at = 0; at < 4; at++) {
    ends[at]?.()
    await Bun.sleep(0)
  }
  await Promise.all(all)
  expect(begun).toEqual([0, 1, 2, 3])
})
