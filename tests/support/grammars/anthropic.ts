import { isObject, type JsonObject } from '../../../src/lib/json/json.ts'
import { object, words } from '../readers/seen.ts'
import { type Check, type Grammar, isCount, isObjectText, isText, payloadOf } from './grammar.ts'

/** Which deltas a block may grow by; a block that is not here comes whole. */
const DELTAS: Record<string, string[]> = {
  text: ['text_delta', 'citations_delta'],
  thinking: ['thinking_delta', 'signature_delta'],
  tool_use: ['input_json_delta'],
  server_tool_use: ['input_json_delta'],
  mcp_tool_use: ['input_json_delta'],
  compaction: ['compaction_delta'],
}

type Block = { index: number; type: string; text: string; json: string; signed: boolean }

type State = {
  started: boolean
  /** How many blocks there were. */
  blocks: number
  open: Block | undefined
  called: boolean
  /** Input that was no object when its block stopped: good only where tokens ran out. */
  broken: string
  stopReason: string | undefined
  /** How the stream ended, if it did. */
  over: 'message_stop' | 'error' | undefined
}

/** One message; its blocks in order, one at a time; its stop; nothing more. */
export function anthropicGrammar(check: Check): Grammar {
  const state: State = {
    started: false,
    blocks: 0,
    open: undefined,
    called: false,
    broken: '',
    stopReason: undefined,
    over: undefined,
  }
  return {
    feed(frame) {
      const event = payloadOf(frame, check)
      const type = words(event.type)
      check(frame.event === type, `event ${frame.event} carries the type ${type}`)
      check(!state.over, `${type} after ${state.over}`)
      if (type === 'ping') return
      check(state.started || OPENERS.includes(type), `${type} before message_start`)
      const handle = EVENTS[type]
      if (handle) handle(state, event, check)
      else check(false, `no event is called ${type}`)
    },
    end() {
      check(state.over !== undefined, 'neither message_stop nor error')
    },
  }
}

const OPENERS = ['message_start', 'error']

const EVENTS: Record<string, (state: State, event: JsonObject, check: Check) => void> = {
  message_start: messageStart,
  content_block_start: blockStart,
  content_block_delta: blockDelta,
  content_block_stop: blockStop,
  message_delta: messageDelta,
  message_stop: messageStop,
  error: failed,
}

function messageStart(state: State, event: JsonObject, check: Check): void {
  check(!state.started, 'a second message_start')
  state.started = true
  const message = object(event.message)
  check(isText(message.id), 'the message has no id')
  check(isText(message.model), 'the message has no model')
  check(message.type === 'message', 'the message is of no type')
  check(message.role === 'assistant', 'the message is not of the assistant')
  check(Bun.deepEquals(message.content, []), 'the message starts with content')
  check(message.stop_reason === null, 'the message starts stopped')
  const usage = object(message.usage)
  check(isCount(usage.input_tokens), 'message_start does not count its input')
  check(isCount(usage.output_tokens), 'message_start does not count its output')
}

function blockStart(state: State, event: JsonObject, check: Check): void {
  const block = object(event.content_block)
  const type = words(block.type)
  check(!state.open, `block ${event.index} starts inside block ${state.open?.index}`)
  check(event.index === state.blocks, `block ${event.index} follows ${state.blocks} blocks`)
  check(state.stopReason === undefined, 'a block after message_delta')
  check(type !== '', 'a block of no type')
  if (type === 'text') check(block.text === '', 'a text block starts with text')
  if (type === 'thinking') check(block.thinking === '', 'a thinking block starts with text')
  if (DELTAS[type]?.includes('input_json_delta')) callStart(block, check)
  state.called ||= type === 'tool_use'
  state.blocks++
  const index = Number(event.index)
  state.open = { index, type, text: '', json: '', signed: false }
}

function callStart(block: JsonObject, check: Check): void {
  check(isText(block.id), 'a call without an id')
  check(isText(block.name), 'a call without a name')
  check(Bun.deepEquals(block.input, {}), 'the input at the start is not {}')
}

function blockDelta(state: State, event: JsonObject, check: Check): void {
  const delta = object(event.delta)
  const type = words(delta.type)
  const { open } = state
  if (!check(open?.index === event.index, `a delta of block ${event.index}, which is not open`))
    return
  if (!open) return
  const fits = DELTAS[open.type]?.includes(type) === true
  check(fits, `a ${type} in a block of type ${open.type}`)
  check(!open.signed, `a ${type} after the signature`)
  open.text += words(delta.text)
  open.json += words(delta.partial_json)
  open.signed ||= type === 'signature_delta'
}

function blockStop(state: State, event: JsonObject, check: Check): void {
  const { open } = state
  state.open = undefined
  if (!check(open?.index === event.index, `the stop of block ${event.index}, which is not open`))
    return
  if (open?.type === 'text') check(open.text !== '', 'an empty text block')
  // Nothing at all stands for the {} of the start.
  if (open?.json && !isObjectText(open.json)) state.broken = open.json
}

function messageDelta(state: State, event: JsonObject, check: Check): void {
  const reason = words(object(event.delta).stop_reason)
  check(!state.open, 'message_delta inside a block')
  check(state.stopReason === undefined, 'a second message_delta')
  check(reason !== '', 'message_delta has no stop_reason')
  check(reason !== 'tool_use' || state.called, 'stopped for tools without a call')
  const whole = state.broken === '' || reason === 'max_tokens'
  check(whole, `the input is no object: ${state.broken}`)
  check(reason !== 'end_turn' || !state.called, 'the turn ends although there is a call')
  check(isCount(object(event.usage).output_tokens), 'message_delta does not count its output')
  state.stopReason = reason
}

function messageStop(state: State, _: JsonObject, check: Check): void {
  check(!state.open, 'message_stop inside a block')
  check(state.stopReason !== undefined, 'message_stop without message_delta')
  state.over = 'message_stop'
}

function failed(state: State, event: JsonObject, check: Check): void {
  const error = event.error
  check(isObject(error) && isText(error.type), 'the error has no type')
  check(isObject(error) && isText(error.message), 'the error has no message')
  state.over = 'error'
}
