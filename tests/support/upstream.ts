/** A request as a fake upstream got it. */
export type Received = {
  method: string
  path: string
  headers: Headers
  body: string
  aborted: Promise<void>
}

export type Upstream = { url: string; received: Received[]; stop(): Promise<void> }

/**
 * An upstream on a free port that answers as told. Gateways ask for its models when they like, so
 * that is answered apart, and not received: by `models`, else there is no list.
 */
export function fakeUpstream(
  answer: (received: Received) => Response | Promise<Response>,
  models: (request: Request) => Response | Promise<Response> = () =>
    new Response(null, { status: 404 }),
): Upstream {
  const received: Received[] = []
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 0,
    async fetch(request) {
      const path = new URL(request.url).pathname
      if (request.method === 'GET' && path.endsWith('/models')) return models(request)
      const latest: Received = {
        method: request.method,
        path,
        headers: request.headers,
        body: await request.text(),
        aborted: new Promise(resolve =>
          request.signal.addEventListener('abort', () => resolve(), { once: true }),
        ),
      }
      received.push(latest)
      return answer(latest)
    },
  })
  return { url: `http://127.0.0.1:${server.port}`, received, stop: () => server.stop(true) }
}

/** An upstream that takes a connection and then does something rude with it. */
export function rudeUpstream(reply: string): Upstream {
  const received: Received[] = []
  const server = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      data(socket, data) {
        received.push({
          method: '',
          path: '',
          headers: new Headers(),
          body: data.toString(),
          aborted: Promise.resolve(),
        })
        if (reply) socket.write(reply)
        socket.terminate()
      },
    },
  })
  return { url: `http://127.0.0.1:${server.port}`, received, stop: async () => server.stop(true) }
}
