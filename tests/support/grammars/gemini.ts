import { isObject, type JsonObject } from '../../../src/lib/json/json.ts'
import { list, number, object } from '../readers/seen.ts'
import { type Check, constant, type Grammar, isCount, isText, payloadOf } from './grammar.ts'

/** A part holds exactly one of these; what else it may hold says something about it. */
const DATA = [
  'text',
  'inlineData',
  'fileData',
  'functionCall',
  'functionResponse',
  'executableCode',
  'codeExecutionResult',
  'toolCall',
  'toolResponse',
]
const ABOUT = ['thought', 'thoughtSignature', 'videoMetadata', 'partMetadata', 'mediaResolution']

type State = { finished: Map<number, string>; blocked: boolean; over: boolean }

/** Chunks that are replies each; the last of a candidate says why it finished. */
export function geminiGrammar(check: Check): Grammar {
  const state: State = { finished: new Map(), blocked: false, over: false }
  const same = constant(check, ['modelVersion', 'responseId'])
  return {
    feed(frame) {
      check(frame.event === undefined, `a named event: ${frame.event}`)
      const chunk = payloadOf(frame, check)
      check(!state.over, 'a chunk after the error')
      if (chunk.error !== undefined) return failed(state, chunk, check)
      same(chunk)
      chunked(state, chunk, check)
    },
    end() {
      if (state.over || state.blocked) return
      check(state.finished.size > 0, 'no candidate at all')
      for (const [index, reason] of state.finished)
        check(reason !== '', `candidate ${index} has no finishReason`)
    },
  }
}

function failed(state: State, chunk: JsonObject, check: Check): void {
  const error = object(chunk.error)
  check(isCount(error.code), 'the error has no code')
  check(isText(error.message), 'the error has no message')
  check(isText(error.status), 'the error has no status')
  state.over = true
}

function chunked(state: State, chunk: JsonObject, check: Check): void {
  const candidates = list(chunk.candidates)
  const blocked = isText(object(chunk.promptFeedback).blockReason)
  const says = candidates.length > 0 || isObject(chunk.usageMetadata) || blocked
  check(says, 'a chunk without candidates, usageMetadata or a block')
  state.blocked ||= blocked
  for (const candidate of candidates) grown(state, candidate, check)
  if (isObject(chunk.usageMetadata)) totalled(chunk.usageMetadata, check)
}

function grown(state: State, candidate: JsonObject, check: Check): void {
  const index = number(candidate.index)
  const before = state.finished.get(index) ?? ''
  check(before === '', `candidate ${index} goes on after ${before}`)
  state.finished.set(index, isText(candidate.finishReason) ? candidate.finishReason : before)
  if (candidate.content === undefined) return
  const content = object(candidate.content)
  check(content.role === 'model', `the role is ${content.role}`)
  for (const part of list(content.parts)) legal(part, check)
}

function legal(part: JsonObject, check: Check): void {
  const members = Object.keys(part)
  const data = members.filter(member => DATA.includes(member))
  const strange = members.filter(member => !DATA.includes(member) && !ABOUT.includes(member))
  check(data.length === 1, `a part of ${data.length} data members: ${members}`)
  check(strange.length === 0, `a part with ${strange}`)
  if ('text' in part) check(typeof part.text === 'string', 'text that is no text')
  if ('functionCall' in part) called(object(part.functionCall), check)
}

function called(call: JsonObject, check: Check): void {
  check(isText(call.name), 'a call without name')
  check(call.args === undefined || isObject(call.args), 'args that are no object')
}

const COUNTED = [
  'promptTokenCount',
  'candidatesTokenCount',
  'thoughtsTokenCount',
  'toolUsePromptTokenCount',
]

function totalled(usage: JsonObject, check: Check): void {
  // Vertex tells the kind of traffic before there is anything to count.
  if (!COUNTED.some(member => member in usage)) return
  const total = COUNTED.reduce((sum, member) => sum + number(usage[member]), 0)
  check(
    usage.totalTokenCount === total,
    `totalTokenCount is ${usage.totalTokenCount}, not ${total}`,
  )
  const input = number(usage.promptTokenCount) + number(usage.toolUsePromptTokenCount)
  check(number(usage.cachedContentTokenCount) <= input, 'more is cached than was asked')
}
