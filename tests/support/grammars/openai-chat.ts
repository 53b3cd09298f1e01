import { isObject, type JsonObject } from '../../../src/lib/json/json.ts'
import { list, number, object, words } from '../readers/seen.ts'
import {
  type Check,
  constant,
  type Grammar,
  isCount,
  isObjectText,
  isText,
  payloadOf,
} from './grammar.ts'

type Call = { id: string; type: string; arguments: string }
type Choice = { calls: Call[]; legacy: string; finish: string | undefined }

type State = { choices: Map<number, Choice>; counted: boolean; over: string | undefined }

/** Chunks of one completion: role, pieces, finish, at most one count, `[DONE]`. */
export function openaiChatGrammar(check: Check): Grammar {
  const state: State = { choices: new Map(), counted: false, over: undefined }
  const same = constant(check, ['id', 'model', 'created', 'object'])
  let done = false
  return {
    feed(frame) {
      check(!done, 'a frame after [DONE]')
      check(frame.event === undefined, `a named event: ${frame.event}`)
      if (frame.data === '[DONE]') {
        done = true
        return
      }
      const chunk = payloadOf(frame, check)
      check(!state.over, `a chunk after ${state.over}`)
      if (chunk.error !== undefined) return failed(state, chunk, check)
      same(chunk)
      chunked(state, chunk, check)
    },
    end() {
      // After an error some clients still wait for [DONE], others do not: both are good.
      if (state.over === 'the error') return
      check(done, 'no [DONE]')
      check(state.choices.size > 0, 'no choice at all')
      for (const choice of state.choices.values()) ended(choice, check)
    },
  }
}

function failed(state: State, chunk: JsonObject, check: Check): void {
  const { error } = chunk
  check(isObject(error) && isText(error.message), 'the error has no message')
  state.over = 'the error'
}

function chunked(state: State, chunk: JsonObject, check: Check): void {
  check(isText(chunk.id), 'a chunk without id')
  check(isText(chunk.model), 'a chunk without model')
  check(isCount(chunk.created), 'a chunk without created')
  check(chunk.object === 'chat.completion.chunk', `object is ${chunk.object}`)
  check(Array.isArray(chunk.choices), 'a chunk without choices')
  const choices = list(chunk.choices)
  if (choices.length === 0) counted(state, chunk, check)
  else check(!chunk.usage, 'usage beside choices')
  for (const choice of choices) grown(state, choice, check)
}

function counted(state: State, chunk: JsonObject, check: Check): void {
  const usage = object(chunk.usage)
  check(!state.counted, 'a second chunk of usage')
  check(
    [...state.choices.values()].every(({ finish }) => finish !== undefined),
    'usage before the finish',
  )
  check(isCount(usage.prompt_tokens), 'no choice, and no prompt_tokens')
  check(isCount(usage.completion_tokens), 'no choice, and no completion_tokens')
  const total = number(usage.prompt_tokens) + number(usage.completion_tokens)
  check(usage.total_tokens === total, `total_tokens is ${usage.total_tokens}, not ${total}`)
  state.counted ||= isObject(chunk.usage)
}

function grown(state: State, wire: JsonObject, check: Check): void {
  check(isCount(wire.index), 'a choice without index')
  check(isObject(wire.delta), 'a choice without delta')
  const delta = object(wire.delta)
  const known = state.choices.get(number(wire.index))
  const choice = known ?? { calls: [], legacy: '', finish: undefined }
  state.choices.set(number(wire.index), choice)
  if (known) check(delta.role === undefined || delta.role === null, 'the role is said twice')
  else check(delta.role === 'assistant', `the first role is ${delta.role}`)
  check(choice.finish === undefined, 'a piece after the finish')
  check(!state.counted, 'a piece after the usage')
  choice.legacy += words(object(delta.function_call).arguments)
  for (const call of list(delta.tool_calls)) called(choice, call, check)
  if (isText(wire.finish_reason)) choice.finish = wire.finish_reason
}

function called(choice: Choice, wire: JsonObject, check: Check): void {
  const index = wire.index
  if (!check(isCount(index), 'a call without index')) return
  const known = choice.calls[number(index)]
  if (!known) {
    begun(choice, wire, check)
    return
  }
  check(wire.id === undefined || wire.id === known.id, `call ${index} changes its id`)
  check(wire.type === undefined || wire.type === known.type, `call ${index} changes its type`)
  check(!words(object(wire.function).name), `call ${index} is named twice`)
  known.arguments += words(object(wire.function).arguments)
}

function begun(choice: Choice, wire: JsonObject, check: Check): void {
  const { index } = wire
  check(index === choice.calls.length, `call ${index} follows ${choice.calls.length} calls`)
  check(isText(wire.id), `call ${index} starts without id`)
  const type = words(wire.type)
  check(type === 'function' || type === 'custom', `call ${index} starts as ${wire.type}`)
  const declared = object(wire[type || 'function'])
  check(isText(declared.name), `call ${index} starts without name`)
  choice.calls[number(index)] = {
    id: words(wire.id),
    type,
    arguments: words(declared.arguments),
  }
}

function ended(choice: Choice, check: Check): void {
  check(choice.finish !== undefined, 'no finish_reason')
  const cut = choice.finish === 'length' || choice.finish === 'content_filter'
  for (const call of choice.calls) {
    if (call?.type !== 'function' || cut) continue
    check(isObjectText(call.arguments), `the arguments are no object: ${call.arguments}`)
  }
  const called = choice.calls.length > 0 || choice.legacy !== ''
  const told = choice.finish === 'tool_calls' || choice.finish === 'function_call'
  check(called || !told, 'finished for tools without a call')
}
