/**
 * The upstream of the benchmark. `/json/…` answers at once; `/sse/EVENTS/INTERVAL/…` streams that
 * many events, one write each, and its usage where the request asks for it. Chat shapes; prints its
 * port.
 */
const REPLY = JSON.stringify({
  id: 'chatcmpl-bench',
  object: 'chat.completion',
  created: 1_767_225_600,
  model: 'bench',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: 'word '.repeat(160) },
      finish_reason: 'stop',
    },
  ],
  usage: { prompt_tokens: 100, completion_tokens: 160, total_tokens: 260 },
})
const head = {
  id: 'chatcmpl-bench',
  object: 'chat.completion.chunk',
  created: 1_767_225_600,
  model: 'bench',
  system_fingerprint: 'fp_0123456789',
}
const event = (delta: object, finish: string | null = null): string =>
  `data: ${JSON.stringify({ ...head, choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }] })}\n\n`
const encoder = new TextEncoder()
const FIRST = encoder.encode(event({ role: 'assistant', content: '' }))
const MIDDLE = encoder.encode(event({ content: ' some words' }))
const usage = { prompt_tokens: 100, completion_tokens: 160, total_tokens: 260 }
const USAGE = `data: ${JSON.stringify({ ...head, choices: [], usage })}\n\n`
const LAST = encoder.encode(`${event({}, 'stop')}data: [DONE]\n\n`)
const LAST_WITH_USAGE = encoder.encode(`${event({}, 'stop')}${USAGE}data: [DONE]\n\n`)

function streamed(events: number, intervalMs: number, last: Uint8Array<ArrayBuffer>): Response {
  let sent = 0
  let timer: ReturnType<typeof setInterval> | undefined
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(FIRST)
      timer = setInterval(() => {
        if (++sent <= events) return controller.enqueue(MIDDLE)
        clearInterval(timer)
        controller.enqueue(last)
        controller.close()
      }, intervalMs)
    },
    cancel: () => clearInterval(timer),
  })
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
}

const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  idleTimeout: 0,
  async fetch(request) {
    const body = await request.text()
    const [, mode, events, interval] = new URL(request.url).pathname.split('/')
    if (mode === 'sse') {
      const last = body.includes('"include_usage":true') ? LAST_WITH_USAGE : LAST
      return streamed(Number(events), Number(interval), last)
    }
    return new Response(REPLY, { headers: { 'content-type': 'application/json' } })
  },
})
console.log(server.port)

export {}
