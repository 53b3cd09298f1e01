import { createHash } from 'node:crypto'
import { countTokens } from '../conversation/count.ts'
import {
  type ConversationRequest,
  type ConversationResponse,
  type Part,
  type ProtocolId,
  replay,
  type StreamEvent,
} from '../conversation/index.ts'
import { type ErrorCode, GatewayError } from '../lib/errors.ts'
import { isObject } from '../lib/json/json.ts'
import { bodyOf } from '../lib/net/response-body.ts'
import { encodeSse } from '../lib/streams/sse.ts'
import type { Asked, Codec } from '../protocols/codec.ts'
import { codecFor } from '../protocols/index.ts'
import type { Kind } from './kind.ts'
import type { UpstreamRequest } from './transport.ts'

/**
 * Answers by itself, in every protocol: the demo provider and the test instrument. The last user
 * text can steer it with `[[…]]`; see README.
 */
export const echo: Kind = {
  id: 'echo',
  title: 'The built-in demo: answers by itself',
  speaks: [
    { protocol: 'openai-chat', baseUrl: 'echo:' },
    { protocol: 'anthropic', baseUrl: 'echo:' },
    { protocol: 'openai-responses', baseUrl: 'echo:' },
    { protocol: 'gemini', baseUrl: 'echo:' },
  ],
  auth: 'none',
  keyless: true,
  quirks: { countTokens: true, stateless: true },
  catalogue: [{ name: 'echo', contextTokens: 200_000 }],
  standIn: true,
  transport: { send: answer },
}

const HINT =
  'This is the built-in echo of jackfield: no model was asked. Set ANTHROPIC_API_KEY, OPENAI_API_KEY, GEMINI_API_KEY or OPENROUTER_API_KEY, or edit routes.yaml, to reach a real one.'
const MAX_ECHOED = 2_000

async function answer(inbound: UpstreamRequest, signal: AbortSignal): Promise<Response> {
  signal.throwIfAborted()
  if (inbound.action === 'relay')
    throw new GatewayError('upstream-not-found', 'echo answers conversations only', { status: 404 })
  const codec = codecFor(inbound.protocol)
  if (!codec) throw new GatewayError('internal', `echo does not speak ${inbound.protocol}`)
  const { body = new Uint8Array(), model, stream } = inbound
  const envelope = { model, stream }
  const wire: unknown = JSON.parse(new TextDecoder().decode(body))
  if (!isObject(wire)) throw new GatewayError('invalid-request', 'expected a JSON object')
  const request = codec.decodeRequest(wire, envelope)
  if (inbound.action === 'count-tokens')
    return Response.json(codec.encodeTokenCount(await countTokens(request)))
  const script = parseScript(lastUserText(request))
  if (script.fail) return failure(codec, script.fail)
  const id = createHash('sha256').update(body).digest('hex').slice(0, 24)
  const asked: Asked = {
    model: envelope.model,
    id,
    atMs: Date.UTC(2026, 0, 1),
    ...(request.extensions ? { extensions: request.extensions } : {}),
  }
  const response = responseTo(request, script, id, envelope.model, inbound.protocol)
  if (!envelope.stream) return Response.json(codec.encodeResponse(response, asked))
  return new Response(bodyOf(streamed(codec, asked, response, script, signal)), {
    headers: { 'content-type': 'text/event-stream' },
  })
}

type Failure = { status: number; retryAfterMs?: number; message: string }
type Script = {
  calls: { name: string; arguments: string }[]
  say: string[]
  think: string[]
  length: boolean
  fail?: Failure
  failStream?: Failure
  slowMs: number
}

function parseScript(text: string): Script {
  const script: Script = { calls: [], say: [], think: [], length: false, slowMs: 0 }
  for (const { verb, rest } of stepsIn(text)) step(script, verb, rest.trim())
  return script
}

/** `[[verb]]` and `[[verb rest]]`, up to the first `]]` that no other bracket follows. */
function* stepsIn(text: string): Iterable<{ verb: string; rest: string }> {
  const begin = /\[\[([a-z-]+)(?: |(?=\]\](?!\])))/g
  const finish = /\]\](?!\])/g
  for (let found = begin.exec(text); found; found = begin.exec(text)) {
    finish.lastIndex = begin.lastIndex
    const end = finish.exec(text)
    // None that begins later has an end either.
    if (!end) return
    yield { verb: found[1] ?? '', rest: text.slice(begin.lastIndex, end.index) }
    begin.lastIndex = finish.lastIndex
  }
}

function step(script: Script, verb: string, rest: string): void {
  switch (verb) {
    case 'call': {
      const [, name = '', args = ''] = /^(\S+)\s*([\s\S]*)$/.exec(rest) ?? []
      if (name) script.calls.push({ name, arguments: args || '{}' })
      return
    }
    case 'say':
      script.say.push(rest)
      return
    case 'think':
      script.think.push(rest)
      return
    case 'repeat': {
      const [, times = '1', word = ''] = /^(\d+)\s+([\s\S]*)$/.exec(rest) ?? []
      script.say.push(
        Array.from({ length: Math.min(Number(times), 100_000) }, () => word).join(' '),
      )
      return
    }
    case 'stop':
      script.length = rest === 'length'
      return
    case 'fail':
      script.fail = parseFailure(rest)
      return
    case 'fail-stream':
      script.failStream = parseFailure(rest)
      return
    case 'slow':
      script.slowMs = Math.min(Number.parseInt(rest, 10) || 0, 60_000)
  }
}

function parseFailure(rest: string): Failure {
  const [, status = '500', , seconds, message = ''] =
    /^(\d{3})( retry-after=(\d+))?\s*([\s\S]*)$/.exec(rest) ?? []
  const code = Math.min(599, Math.max(400, Number(status)))
  return {
    status: code,
    message: message || `echo was told to fail with ${code}`,
    retryAfterMs: seconds === undefined ? undefined : Number(seconds) * 1000,
  }
}

function errorOf(wanted: Failure): GatewayError {
  return new GatewayError(codeFor(wanted.status), wanted.message, {
    status: wanted.status,
    retryAfterMs: wanted.retryAfterMs,
  })
}

function codeFor(status: number): ErrorCode {
  if (status === 401) return 'upstream-auth'
  if (status === 403) return 'upstream-forbidden'
  if (status === 404) return 'upstream-not-found'
  if (status === 413) return 'too-large'
  if (status === 429) return 'rate-limited'
  if (status === 503 || status === 529) return 'overloaded'
  return status >= 500 ? 'upstream-failed' : 'invalid-request'
}

function failure(codec: Codec, wanted: Failure): Response {
  const { status, headers, body } = codec.encodeError(errorOf(wanted))
  return Response.json(body, { status, headers })
}

function lastUserText(request: ConversationRequest): string {
  const last = request.messages.findLast(message => message.role === 'user')
  return (last?.parts ?? []).map(part => (part.type === 'text' ? part.text : '')).join('\n')
}

/** The results that answer the latest calls, if that is what the conversation ends with. */
function lastResults(request: ConversationRequest): string[] {
  const calling = request.messages.findLastIndex(message => message.role === 'assistant')
  return request.messages
    .slice(calling + 1)
    .flatMap(({ parts }) =>
      parts.flatMap(part => (part.type === 'tool-result' ? [part.parts.map(saidBy).join('')] : [])),
    )
}

function saidBy(part: Part): string {
  return part.type === 'text' ? part.text : `[${part.type}]`
}

function responseTo(
  request: ConversationRequest,
  script: Script,
  id: string,
  model: string,
  protocol: ProtocolId,
): ConversationResponse {
  const parts: Part[] = script.think.map(text => ({
    type: 'thinking',
    text,
    seal: { issuer: 'echo', protocol, value: Buffer.from(text).toString('base64') },
  }))
  const results = lastResults(request)
  const declared = new Map(
    request.tools.flatMap(tool => (tool.type === 'server' ? [] : [[tool.name, tool] as const])),
  )
  const calls = results.length > 0 ? [] : script.calls.filter(call => declared.has(call.name))
  const text = textFor(request, script, results, calls.length > 0)
  if (text) parts.push({ type: 'text', text })
  for (const [index, call] of calls.entries()) {
    const tool = declared.get(call.name)
    parts.push({
      type: 'tool-call',
      id: `call_${id.slice(0, 16)}_${index}`,
      runsOn: 'client',
      ...call,
      ...(tool?.type === 'custom' ? { freeform: true } : {}),
      ...(tool?.namespace === undefined ? {} : { namespace: tool.namespace }),
    })
  }
  const output = Math.ceil(parts.reduce((sum, part) => sum + lengthOf(part), 0) / 4)
  return {
    id,
    model,
    parts,
    stop: script.length
      ? { reason: 'length', raw: null }
      : { reason: calls.length > 0 ? 'tool-calls' : 'end', raw: null },
    usage: { fresh: Math.ceil(JSON.stringify(request.messages).length / 4), output },
  }
}

function textFor(
  request: ConversationRequest,
  script: Script,
  results: readonly string[],
  calling: boolean,
): string {
  if (script.say.length > 0) return script.say.join('\n')
  if (results.length > 0) return `The tool answered: ${results.join('\n').slice(0, MAX_ECHOED)}`
  if (calling) return ''
  return `You said: ${lastUserText(request).slice(0, MAX_ECHOED)}\n\n${HINT}`
}

function lengthOf(part: Part): number {
  if (part.type === 'text' || part.type === 'thinking') return part.text.length
  return part.type === 'tool-call' ? part.arguments.length + part.name.length : 0
}

async function* streamed(
  codec: Codec,
  asked: Asked,
  response: ConversationResponse,
  script: Script,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const machine = codec.encodeStream(asked)
  for (const event of inSmallDeltas(replay(response))) {
    if (script.slowMs > 0) await pause(script.slowMs, signal)
    if (signal.aborted) return
    const failing = script.failStream && event.type === 'part-end'
    const frames = machine.feed(
      failing ? { type: 'error', error: errorOf(script.failStream as Failure) } : event,
    )
    yield frames.map(encodeSse).join('')
    if (failing) return
  }
  yield machine.end().map(encodeSse).join('')
}

/** As a model would say it: a few characters at a time. */
function* inSmallDeltas(events: Iterable<StreamEvent>): Generator<StreamEvent> {
  for (const event of events) {
    if (event.type !== 'part-delta') {
      yield event
      continue
    }
    const { index, delta } = event
    const text = 'text' in delta ? delta.text : 'arguments' in delta ? delta.arguments : undefined
    if (text === undefined) {
      yield event
      continue
    }
    for (const piece of text.match(/[\s\S]{1,24}/gu) ?? []) {
      yield {
        type: 'part-delta',
        index,
        delta: 'text' in delta ? { text: piece } : { arguments: piece },
      }
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        resolve()
      },
      { once: true },
    )
  })
}
