/**
 * The floor: the least a proxy on this runtime does. Reads the body, asks the mock, hands its body
 * down. `/translate/…` also parses and rewrites every event, in one bare generator. Prints its port.
 */
const mock = `http://127.0.0.1:${process.argv[2]}`
const decoder = new TextDecoder()

async function* rewritten(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true })
    let out = ''
    for (let at = rest.indexOf('\n\n'); at !== -1; at = rest.indexOf('\n\n')) {
      const data = rest.slice(6, at)
      rest = rest.slice(at + 2)
      if (data === '[DONE]') continue
      const event = JSON.parse(data)
      const text = event.choices[0]?.delta?.content ?? ''
      out += `event: content_block_delta\ndata: ${JSON.stringify({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })}\n\n`
    }
    if (out) yield out
  }
}

const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  idleTimeout: 0,
  async fetch(request) {
    const { pathname } = new URL(request.url)
    const translate = pathname.startsWith('/translate')
    const body = await request.bytes()
    const upstream = await fetch(mock + (translate ? pathname.slice(10) : pathname), {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', authorization: 'Bearer k' },
      signal: request.signal,
    })
    const headers = { 'content-type': upstream.headers.get('content-type') ?? '' }
    if (translate && upstream.body)
      return new Response(rewritten(upstream.body) as unknown as BodyInit, { headers })
    return new Response(upstream.body, { headers })
  },
})
console.log(server.port)

export {}
