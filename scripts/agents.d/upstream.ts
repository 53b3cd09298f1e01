/**
 * A scripted model in both protocols: thinks, calls the client's own tool for writing files, and
 * says DONE when the result is there. It is strict about what the real services refuse.
 */
type Json = { [member: string]: unknown }

export type Upstream = { port: number; faults: string[]; finished(): boolean; stop(): void }

const list = (value: unknown): Json[] =>
  Array.isArray(value) ? value.filter(one => typeof one === 'object' && one !== null) : []
const WRITERS = ['write', 'Write', 'write_file', 'create_file']

export function startUpstream(path: string, content: string): Upstream {
  const faults: string[] = []
  let done = false
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 0,
    async fetch(request) {
      const { pathname } = new URL(request.url)
      const body = (await request.json()) as Json
      const anthropic = pathname.endsWith('/messages')
      if (!anthropic && !pathname.endsWith('/chat/completions'))
        return new Response('not here', { status: 404 })
      const wrong = anthropic ? checkMessages(body) : checkChat(body)
      if (wrong) {
        faults.push(wrong)
        const error = { type: 'invalid_request_error', message: wrong }
        return Response.json(anthropic ? { type: 'error', error } : { error }, { status: 400 })
      }
      const tool = list(body.tools)
        .map(one => ({
          name: String((one.function as Json | undefined)?.name ?? one.name),
          schema: ((one.function as Json | undefined)?.parameters ?? one.input_schema) as
            | Json
            | undefined,
        }))
        .find(({ name }) => WRITERS.includes(name))
      const answered = JSON.stringify(list(body.messages).slice(-3)).match(
        /"tool_result"|"role":"tool"/,
      )
      if (answered) done = true
      const call =
        tool && !answered
          ? { name: tool.name, input: argumentsFor(tool.schema, path, content) }
          : undefined
      const text = answered ? 'DONE' : call ? 'I will write the file.' : 'A short title'
      const stream = body.stream === true
      return anthropic ? messagesReply(text, call, stream) : chatReply(text, call, stream)
    },
  })
  return {
    port: server.port ?? 0,
    faults,
    finished: () => done,
    stop: () => void server.stop(true),
  }
}

/** By the names that clients give a path and a text. */
function argumentsFor(schema: Json | undefined, path: string, content: string): Json {
  const names = Object.keys((schema?.properties ?? {}) as Json)
  const pathName = names.find(name => /path/i.test(name)) ?? 'path'
  return { [pathName]: path, content }
}

function checkMessages(body: Json): string | undefined {
  if (typeof body.max_tokens !== 'number') return 'max_tokens: field required'
  const messages = list(body.messages)
  for (const [index, message] of messages.entries()) {
    for (const block of list(message.content)) {
      if (block.type === 'text' && String(block.text).trim() === '')
        return `messages.${index}: text content blocks must be non-empty`
      if (block.type === 'thinking' && block.signature !== 'sealed-by-upstream')
        return `messages.${index}: invalid signature in thinking block`
      if (block.type !== 'tool_use') continue
      const next = list(messages[index + 1]?.content).map(one => one.tool_use_id)
      if (!next.includes(block.id)) return `messages.${index}: tool_use without tool_result`
    }
  }
  return undefined
}

function checkChat(body: Json): string | undefined {
  if (Array.isArray(body.tools) && body.tools.length === 0) return "[] is too short - 'tools'"
  const messages = list(body.messages)
  let open: unknown[] = []
  for (const [index, message] of messages.entries()) {
    if (message.role === 'tool') {
      if (!open.includes(message.tool_call_id))
        return `messages.[${index}]: role 'tool' must follow its tool_calls`
      open = open.filter(id => id !== message.tool_call_id)
      continue
    }
    if (open.length > 0)
      return `messages.[${index}]: tool_call_ids without a response: ${open.join()}`
    open = list(message.tool_calls).map(call => call.id)
  }
  return undefined
}

type Call = { name: string; input: Json } | undefined
const event = (type: string, body: Json): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...body })}\n\n`
const sse = (text: string): Response =>
  new Response(text, { headers: { 'content-type': 'text/event-stream' } })
const pieces = (text: string): string[] => text.match(/[\s\S]{1,9}/g) ?? []

function messagesReply(text: string, call: Call, stream: boolean): Response {
  const thinking = { type: 'thinking', thinking: 'Let me see.', signature: 'sealed-by-upstream' }
  const use = call && {
    type: 'tool_use',
    id: 'toolu_scripted1',
    name: call.name,
    input: call.input,
  }
  const stop = call ? 'tool_use' : 'end_turn'
  const base = { id: 'msg_scripted', type: 'message', role: 'assistant', model: 'scripted' }
  const usage = { input_tokens: 50, output_tokens: 20 }
  if (!stream)
    return Response.json({
      ...base,
      content: [thinking, { type: 'text', text }, ...(use ? [use] : [])],
      stop_reason: stop,
      stop_sequence: null,
      usage,
    })
  const block = (index: number, start: Json, deltas: Json[]): string =>
    event('content_block_start', { index, content_block: start }) +
    deltas.map(delta => event('content_block_delta', { index, delta })).join('') +
    event('content_block_stop', { index })
  return sse(
    event('message_start', {
      message: { ...base, content: [], stop_reason: null, stop_sequence: null, usage },
    }) +
      block(0, { type: 'thinking', thinking: '', signature: '' }, [
        { type: 'thinking_delta', thinking: thinking.thinking },
        { type: 'signature_delta', signature: thinking.signature },
      ]) +
      block(
        1,
        { type: 'text', text: '' },
        pieces(text).map(one => ({ type: 'text_delta', text: one })),
      ) +
      (use
        ? block(
            2,
            { ...use, input: {} },
            pieces(JSON.stringify(use.input)).map(one => ({
              type: 'input_json_delta',
              partial_json: one,
            })),
          )
        : '') +
      event('message_delta', { delta: { stop_reason: stop, stop_sequence: null }, usage }) +
      event('message_stop', {}),
  )
}

function chatReply(text: string, call: Call, stream: boolean): Response {
  const base = { id: 'chatcmpl-scripted', created: 1_767_225_600, model: 'scripted' }
  const usage = { prompt_tokens: 50, completion_tokens: 20, total_tokens: 70 }
  const finish = call ? 'tool_calls' : 'stop'
  const tool = call && {
    id: 'call_scripted1',
    type: 'function',
    function: { name: call.name, arguments: JSON.stringify(call.input) },
  }
  if (!stream) {
    const message = {
      role: 'assistant',
      content: text,
      reasoning_content: 'Let me see.',
      ...(tool ? { tool_calls: [tool] } : {}),
    }
    return Response.json({
      ...base,
      object: 'chat.completion',
      choices: [{ index: 0, message, finish_reason: finish }],
      usage,
    })
  }
  const chunk = (delta: Json, reason: string | null = null): string =>
    `data: ${JSON.stringify({ ...base, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: reason }] })}\n\n`
  const calls = tool
    ? chunk({
        tool_calls: [
          {
            index: 0,
            id: tool.id,
            type: 'function',
            function: { name: tool.function.name, arguments: '' },
          },
        ],
      }) +
      pieces(tool.function.arguments)
        .map(one => chunk({ tool_calls: [{ index: 0, function: { arguments: one } }] }))
        .join('')
    : ''
  return sse(
    chunk({ role: 'assistant', content: '' }) +
      chunk({ reasoning_content: 'Let me see.' }) +
      pieces(text)
        .map(one => chunk({ content: one }))
        .join('') +
      calls +
      chunk({}, finish) +
      `data: ${JSON.stringify({ ...base, object: 'chat.completion.chunk', choices: [], usage })}\n\ndata: [DONE]\n\n`,
  )
}
