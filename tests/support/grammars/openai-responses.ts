import { isObject, type JsonObject } from '../../../src/lib/json/json.ts'
import { list, object, words } from '../readers/seen.ts'
import { type Check, type Grammar, isCount, isObjectText, isText, payloadOf } from './grammar.ts'

type Piece = { type: string; text: string; told: boolean; done: boolean }
type Item = {
  id: string
  type: string
  parts: { content: Piece[]; summary: Piece[] }
  /** What a call is called with, as far as its deltas came; undefined before the first. */
  argument: { text: string; done: boolean } | undefined
  done: JsonObject | undefined
}
type State = {
  frames: number
  /** How many events came, keep-alives apart. */
  events: number
  id: string | undefined
  model: string | undefined
  items: Item[]
  over: string | undefined
}

/** A response that is created, in progress, made of items, and ends once. */
export function openaiResponsesGrammar(check: Check): Grammar {
  const state: State = {
    frames: 0,
    events: 0,
    id: undefined,
    model: undefined,
    items: [],
    over: undefined,
  }
  return {
    feed(frame) {
      if (!check(frame.data !== '[DONE]', '[DONE] is no event of this protocol')) return
      const event = payloadOf(frame, check)
      const type = words(event.type)
      check(frame.event === type, `event ${frame.event} carries the type ${type}`)
      check(event.sequence_number === state.frames, `number ${event.sequence_number}`)
      check(!state.over, `${type} after ${state.over}`)
      state.frames++
      if (type === 'keepalive') return
      inTurn(state, type, check)
      state.events++
      handle(state, type, event, check)
    },
    end: () => void check(state.over !== undefined, 'no terminal event'),
  }
}

const OPENING = ['response.created', 'response.in_progress']

/** The opening events come first, in their order, and only there. */
function inTurn({ events }: State, type: string, check: Check): void {
  const due = OPENING[events]
  if (type === 'error' || TERMINAL[type]) return
  if (due) check(type === due, `${type} in the place of ${due}`)
  else check(!OPENING.includes(type), `a second ${type}`)
}

const TERMINAL: Record<string, string> = {
  'response.completed': 'completed',
  'response.incomplete': 'incomplete',
  'response.failed': 'failed',
}

type Handler = (state: State, event: JsonObject, check: Check) => void

const HANDLERS: Record<string, Handler> = {
  'response.created': opening,
  'response.in_progress': opening,
  'response.output_item.added': itemAdded,
  'response.output_item.done': itemDone,
  'response.content_part.added': partAdded('content'),
  'response.content_part.done': partDone('content'),
  'response.reasoning_summary_part.added': partAdded('summary'),
  'response.reasoning_summary_part.done': partDone('summary'),
  'response.output_text.annotation.added': (state, event, check) =>
    void pieceOf(state, event, 'content', check),
  ...told('response.output_text', { at: 'content', type: 'output_text', member: 'text' }),
  ...told('response.refusal', { at: 'content', type: 'refusal', member: 'refusal' }),
  ...told('response.reasoning_text', { at: 'content', type: 'reasoning_text', member: 'text' }),
  ...told('response.reasoning_summary_text', {
    at: 'summary',
    type: 'summary_text',
    member: 'text',
  }),
  ...argued('response.function_call_arguments', 'function_call', 'arguments'),
  ...argued('response.custom_tool_call_input', 'custom_tool_call', 'input'),
  ...argued('response.mcp_call_arguments', 'mcp_call', 'arguments'),
  error(_, event, check) {
    check(isText(event.message) || isText(object(event.error).message), 'error without message')
  },
}

function handle(state: State, type: string, event: JsonObject, check: Check): void {
  const status = TERMINAL[type]
  const handler = HANDLERS[type] ?? progress
  if (status) terminal(state, { type, status, event }, check)
  else handler(state, event, check)
}

/** Every other event tells of an item: a web search goes on, a shell writes. */
function progress(state: State, event: JsonObject, check: Check): void {
  check(words(event.type).startsWith('response.'), `no event is called ${event.type}`)
  itemOf(state, event, check)
}

function opening(state: State, event: JsonObject, check: Check): void {
  const response = responseOf(state, event, check)
  const status = words(response.status)
  check(status === 'in_progress' || status === 'queued', `it begins as ${status}`)
  check(Bun.deepEquals(response.output, []), 'it begins with output')
}

function responseOf(state: State, event: JsonObject, check: Check): JsonObject {
  const response = object(event.response)
  check(isText(response.id), 'the response has no id')
  check(isText(response.model), 'the response has no model')
  check(isCount(response.created_at), 'the response has no created_at')
  check(isText(response.status), 'the response has no status')
  check(response.object === 'response', `object is ${response.object}`)
  check(Array.isArray(response.output), 'the response has no output')
  state.id ??= words(response.id)
  state.model ??= words(response.model)
  check(response.id === state.id, `id was ${state.id}, now ${response.id}`)
  check(response.model === state.model, `model was ${state.model}, now ${response.model}`)
  return response
}

function itemAdded(state: State, event: JsonObject, check: Check): void {
  const item = object(event.item)
  const index = event.output_index
  const count = state.items.length
  check(index === count, `item ${index} follows ${count} items`)
  check(isText(item.id), `item ${index} has no id`)
  check(isText(item.type), `item ${index} has no type`)
  check(!state.items.some(({ id }) => id === item.id), `a second item ${item.id}`)
  begins(item, check)
  state.items.push({
    id: words(item.id),
    type: words(item.type),
    parts: { content: [], summary: [] },
    argument: undefined,
    done: undefined,
  })
}

/** What grows begins empty, or a client that adds up the deltas has it twice. */
function begins(item: JsonObject, check: Check): void {
  if (item.type === 'message') {
    check(item.role === 'assistant', `the message is of ${item.role}`)
    check(item.status === 'in_progress', `the message begins as ${item.status}`)
    check(Bun.deepEquals(item.content, []), 'the message begins with content')
  }
  if (item.type === 'reasoning')
    check(Bun.deepEquals(item.summary, []), 'the reasoning begins with a summary')
  if (item.type === 'function_call') check(item.arguments === '', 'the call begins with arguments')
  if (item.type === 'custom_tool_call') check(item.input === '', 'the call begins with input')
  if (item.type === 'function_call' || item.type === 'custom_tool_call') {
    check(isText(item.call_id), 'the call has no call_id')
    check(isText(item.name), 'the call has no name')
  }
}

/** The open item an event tells of. */
function itemOf(state: State, event: JsonObject, check: Check): Item | undefined {
  const item = state.items[Number(event.output_index)]
  if (!item) {
    check(false, `${event.type} of item ${event.output_index}, which was not added`)
    return undefined
  }
  check(event.item_id === item.id, `${event.type} of ${event.item_id}, which is not ${item.id}`)
  check(!item.done, `${event.type} after its item was done`)
  return item
}

type Place = 'content' | 'summary'

/** The open part an event tells of. */
function pieceOf(state: State, event: JsonObject, at: Place, check: Check): Piece | undefined {
  const item = itemOf(state, event, check)
  const index = Number(event[`${at}_index`])
  const piece = item?.parts[at][index]
  check(piece !== undefined, `${event.type} of part ${index}, which was not added`)
  check(!piece?.done, `${event.type} after its part was done`)
  return piece
}

function partAdded(at: Place): Handler {
  return (state, event, check) => {
    const pieces = itemOf(state, event, check)?.parts[at]
    if (!pieces) return
    const part = object(event.part)
    const index = event[`${at}_index`]
    check(index === pieces.length, `part ${index} follows ${pieces.length} parts`)
    check(
      pieces.every(({ done }) => done),
      `part ${index} begins inside another`,
    )
    check(isText(part.type), `part ${index} has no type`)
    check(textOf(part) === '', `part ${index} begins with text`)
    pieces.push({ type: words(part.type), text: '', told: false, done: false })
  }
}

function partDone(at: Place): Handler {
  return (state, event, check) => {
    const piece = pieceOf(state, event, at, check)
    if (!piece) return
    check(piece.told, 'a part is done before its text')
    matches(object(event.part), piece, check)
    piece.done = true
  }
}

const textOf = (part: JsonObject): string =>
  words(part.type === 'refusal' ? part.refusal : part.text)

function matches(part: JsonObject, piece: Piece, check: Check): void {
  check(part.type === piece.type, `a part of ${piece.type} ends as ${part.type}`)
  check(textOf(part) === piece.text, 'the text of the part is not that of its deltas')
}

type Told = { at: Place; type: string; member: string }

/** Text that grows by `.delta` and is said again by `.done`. */
function told(events: string, { at, type, member }: Told): Record<string, Handler> {
  const open: (...of: Parameters<Handler>) => Piece | undefined = (state, event, check) => {
    const piece = pieceOf(state, event, at, check)
    check(!piece || piece.type === type, `${event.type} in a part of ${piece?.type}`)
    check(!piece?.told, `${event.type} after its text was done`)
    return piece
  }
  return {
    [`${events}.delta`](state, event, check) {
      const piece = open(state, event, check)
      check(typeof event.delta === 'string', 'a delta that is no text')
      if (piece) piece.text += words(event.delta)
    },
    [`${events}.done`](state, event, check) {
      const piece = open(state, event, check)
      if (!piece) return
      check(event[member] === piece.text, 'the done text is not that of its deltas')
      piece.told = true
    },
  }
}

/** What a call is called with, likewise. */
function argued(events: string, type: string, member: string): Record<string, Handler> {
  const open: (...of: Parameters<Handler>) => Item['argument'] = (state, event, check) => {
    const item = itemOf(state, event, check)
    if (!item) return undefined
    check(item.type === type, `${event.type} in an item of ${item.type}`)
    check(!item.argument?.done, `${event.type} after it was done`)
    item.argument ??= { text: '', done: false }
    return item.argument
  }
  return {
    [`${events}.delta`](state, event, check) {
      const argument = open(state, event, check)
      check(typeof event.delta === 'string', 'a delta that is no text')
      if (argument) argument.text += words(event.delta)
    },
    [`${events}.done`](state, event, check) {
      const argument = open(state, event, check)
      if (!argument) return
      check(event[member] === argument.text, `the done ${member} are not those of the deltas`)
      argument.done = true
    },
  }
}

function itemDone(state: State, event: JsonObject, check: Check): void {
  const index = Number(event.output_index)
  const known = state.items[index]
  if (!known) return void check(false, `item ${index} is done, which was not added`)
  const item = object(event.item)
  check(!known.done, `item ${index} is done twice`)
  check(item.id === known.id, `item ${known.id} ends as ${item.id}`)
  check(item.type === known.type, `an item of ${known.type} ends as ${item.type}`)
  check(item.status !== 'in_progress', `item ${index} is done and in progress`)
  parted(item, known, check)
  if (item.type === 'function_call') calledWith(item, 'arguments', known, check)
  if (item.type === 'custom_tool_call') calledWith(item, 'input', known, check)
  known.done = item
}

function parted(item: JsonObject, { parts }: Item, check: Check): void {
  for (const at of ['content', 'summary'] as const) {
    const whole = list(item[at])
    const pieces = parts[at]
    check(whole.length === pieces.length, `${whole.length} ${at} parts, ${pieces.length} told`)
    pieces.forEach((piece, index) => {
      check(piece.done || item.status === 'incomplete', `part ${index} was never done`)
      matches(object(whole[index]), piece, check)
    })
  }
}

function calledWith(item: JsonObject, member: string, known: Item, check: Check): void {
  const { argument } = known
  const whole = item.status !== 'incomplete'
  check(item.status === 'completed' || !whole, `the call ends as ${item.status}`)
  check(isText(item.call_id), 'the call has no call_id')
  check(isText(item.name), 'the call has no name')
  check(argument?.done === true || !whole, `the ${member} were never done`)
  check(item[member] === (argument?.text ?? ''), `the ${member} are not those of the deltas`)
  if (member === 'arguments' && whole)
    check(isObjectText(words(item.arguments)), `the arguments are no object: ${item.arguments}`)
}

type Terminal = { type: string; status: string; event: JsonObject }

function terminal(state: State, { type, status, event }: Terminal, check: Check): void {
  const response = responseOf(state, event, check)
  check(response.status === status, `${type} has the status ${response.status}`)
  check(state.events > 0, `${type} before response.created`)
  if (status === 'incomplete')
    check(isText(object(response.incomplete_details).reason), 'incomplete for no reason')
  if (status === 'failed') check(isText(object(response.error).message), 'failed without message')
  else finished(state, response, check)
  const done = state.items.flatMap(item => item.done ?? [])
  // A failed response also holds the item that was open, as far as it came.
  const whole = list(response.output).filter(
    ({ status: of }) => status !== 'failed' || of !== 'incomplete',
  )
  check(Bun.deepEquals(whole, done), 'the output is not the done items in order')
  state.over = type
}

function finished(state: State, response: JsonObject, check: Check): void {
  const open = state.items.findIndex(item => !item.done)
  check(open === -1, `item ${open} was never done`)
  check(!isObject(response.error), 'an error in what did not fail')
  const usage = object(response.usage)
  check(isCount(usage.input_tokens), 'the usage has no input_tokens')
  check(isCount(usage.output_tokens), 'the usage has no output_tokens')
  const total = Number(usage.input_tokens) + Number(usage.output_tokens)
  check(usage.total_tokens === total, `total_tokens is ${usage.total_tokens}, not ${total}`)
}
