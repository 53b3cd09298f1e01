import { describe, expect, test } from 'bun:test'
import { envelopedTransport } from '../../../src/exchange/upstream/enveloped-transport.ts'
import type { Envelope } from '../../../src/providers/kind.ts'
import type { UpstreamRequest } from '../../../src/providers/transport.ts'

const envelope: Envelope = {
  opening: ({ project, model }) => `{"p":"${project}","m":"${model}","inner":`,
  closing: '}',
  replyMember: 'outer',
}

function request(more: Partial<UpstreamRequest> = {}): UpstreamRequest {
  return {
    protocol: 'gemini',
    action: 'generate',
    model: 'm1',
    stream: false,
    project: 'p1',
    method: 'POST',
    url: 'http://a.test/',
    headers: new Headers(),
    body: new TextEncoder().encode('{ "a" : 1.50 }'),
    proxy: undefined,
    connectMs: 0,
    ...more,
  }
}

/** What came of a reply, and what was sent for it. */
async function sent(reply: Response, more: Partial<UpstreamRequest> = {}, limit?: number) {
  let body = ''
  const transport = envelopedTransport(
    {
      async send({ body: bytes }) {
        body = new TextDecoder().decode(bytes)
        return reply
      },
    },
    envelope,
    limit,
  )
  const answer = await transport.send(request(more), new AbortController().signal)
  return { body, answer }
}

const EVENTS = { headers: { 'content-type': 'text/event-stream' } }

/** The bytes in pieces of so many. */
function inPieces(text: string, size: number): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text)
  let at = 0
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close()
      controller.enqueue(bytes.slice(at, at + size))
      at += size
    },
  })
}

test('a request goes up in the envelope, its own bytes unchanged', async () => {
  const { body } = await sent(Response.json({}))
  expect(body).toBe('{"p":"p1","m":"m1","inner":{ "a" : 1.50 }}')
})

test.each(['relay', 'models'] as const)('%s goes without an envelope', async action => {
  const { body, answer } = await sent(new Response('{"outer":1}'), { action })
  expect(body).toBe('{ "a" : 1.50 }')
  expect(await answer.text()).toBe('{"outer":1}')
})

describe('a reply comes without it', () => {
  test.each([
    [
      'its bytes are unchanged',
      '{"id":"t", "outer" : { "a" : 1.50, "ü":"\\u0041" } }',
      '{ "a" : 1.50, "ü":"\\u0041" }',
    ],
    ['a count has none', '{"totalTokens":7}', '{"totalTokens":7}'],
    ['no JSON', '<html>', '<html>'],
    ['nothing', '', ''],
  ])('%s', async (_, text, expected) => {
    for (const size of [1, 7, 1000]) {
      const { answer } = await sent(
        new Response(inPieces(text, size), { headers: { 'content-length': '9' } }),
      )
      expect(await answer.text()).toBe(expected)
      expect(answer.headers.get('content-length')).toBeNull()
    }
  })

  test('nor does an event of a stream, however it is cut', async () => {
    const text =
      'data: {"outer": {"a":"ü"} ,"id":1}\r\n\r\n: ping\n\ndata: {"error":{"code":500}}\n\ndata: {"outer":{}}'
    for (const size of [1, 5, 1000]) {
      const { answer } = await sent(new Response(inPieces(text, size), EVENTS))
      expect(await answer.text()).toBe(
        'data: {"a":"ü"}\n\ndata: {"error":{"code":500}}\n\ndata: {}\n\n',
      )
    }
  })

  test('an error is passed on as it is', async () => {
    const { answer } = await sent(new Response('{"outer":1}', { status: 429 }))
    expect({ status: answer.status, text: await answer.text() }).toEqual({
      status: 429,
      text: '{"outer":1}',
    })
  })

  test.each([{}, EVENTS])('what is too long ends with an error: %p', async options => {
    const { answer } = await sent(new Response(`data: ${'x'.repeat(200)}`, options), {}, 100)
    await expect(answer.text()).rejects.toMatchObject({ code: 'upstream-failed' })
  })

  test('a client that leaves ends what it comes from', async () => {
    let left: unknown
    const endless = new ReadableStream<Uint8Array>({
      pull: controller => controller.enqueue(new TextEncoder().encode('data: {"outer":1}\n\n')),
      cancel: reason => {
        left = reason
      },
    })
    const { answer } = await sent(new Response(endless, EVENTS))
    const reader = answer.body?.getReader()
    await reader?.read()
    await reader?.cancel('gone')
    expect(left).toBe('gone')
  })

  test('that is too long is not read any further', async () => {
    let left: unknown
    const endless = new ReadableStream<Uint8Array>({
      pull: controller => controller.enqueue(new TextEncoder().encode('data: {"outer":')),
      cancel: reason => {
        left = reason
      },
    })
    const { answer } = await sent(new Response(endless, EVENTS), {}, 100)
    const refused = await answer.text().catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(Error)
    expect(left).toBe(refused)
  })
})
