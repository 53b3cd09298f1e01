import { GatewayError } from '../../lib/errors.ts'
import { type JsonObject, type JsonValue, parseObject } from '../../lib/json/json.ts'
import { object, objects, text } from '../../lib/json/read-json.ts'
import type { StateStore } from '../../store/state.ts'

/** What is stored: the response as its client got it, its own input items, and what it followed. */
type Turn = { previous?: string; input: JsonValue; response: JsonObject }

/** A chain longer than this is a loop; one that holds more is more than a request may be. */
const MAX_TURNS = 10_000
const MAX_HISTORY_LENGTH = 64_000_000

/**
 * Keeps a response of ours, so that a later request may name it or its items. `request` is the
 * client's own body; with `store: false` nothing is kept.
 */
export function storeResponse(
  state: StateStore,
  caller: string,
  request: JsonObject,
  response: JsonObject,
): void {
  const id = text(response.id)
  if (id === undefined || request.store === false || response.status === 'failed') return
  const previous = text(request.previous_response_id)
  const output = objects(response.output)
  const turn: Turn = { ...(previous ? { previous } : {}), input: request.input ?? [], response }
  state.put('response', caller, new Map([[id, JSON.stringify(turn)]]))
  state.put(
    'item',
    caller,
    new Map(
      output.flatMap(item => {
        const itemId = text(item.id)
        return itemId ? [[itemId, JSON.stringify(item)] as const] : []
      }),
    ),
  )
}

/** A response that is stored here, as its client got it. */
export async function storedResponse(
  state: StateStore,
  caller: string,
  id: string,
): Promise<JsonObject | undefined> {
  return turnOf((await state.get('response', caller, [id])).get(id))?.response
}

/** Takes a response and its items out. False: that is not possible just now. */
export async function forgetResponse(
  state: StateStore,
  caller: string,
  { id, output }: JsonObject,
): Promise<boolean> {
  const items = objects(output).flatMap(item => text(item.id) ?? [])
  const forgotten = await state.remove('item', caller, items)
  return forgotten && (await state.remove('response', caller, [text(id) ?? '']))
}

/** Whether a request names a response or an item that is stored here. */
export async function refersToStored(
  body: JsonObject,
  state: StateStore,
  caller: string,
): Promise<boolean> {
  const previous = text(body.previous_response_id)
  if (previous !== undefined && (await state.get('response', caller, [previous])).size > 0)
    return true
  return (await state.get('item', caller, referred(objects(body.input)))).size > 0
}

function referred(items: readonly JsonObject[]): string[] {
  return items.flatMap(item =>
    item.type === 'item_reference' && typeof item.id === 'string' ? [item.id] : [],
  )
}

/** Whether a request refers to anything that `withHistory` must put in its place, or refuse. */
export function namesHistory({ conversation, previous_response_id, input }: JsonObject): boolean {
  return (
    (conversation !== undefined && conversation !== null) ||
    text(previous_response_id) !== undefined ||
    objects(input).some(({ type }) => type === 'item_reference')
  )
}

/**
 * The request with everything it refers to put in its place, for upstreams that keep nothing.
 * Throws `invalid-request` for what is not known here, unless it is only reasoning.
 */
export async function withHistory(
  body: JsonObject,
  state: StateStore,
  caller: string,
): Promise<JsonObject> {
  if (body.conversation !== undefined && body.conversation !== null)
    throw new GatewayError(
      'invalid-request',
      'conversation: conversations are not kept here; send the history in input, or previous_response_id',
      { param: 'conversation' },
    )
  const previous = text(body.previous_response_id)
  const refers = objects(body.input).some(({ type }) => type === 'item_reference')
  if (previous === undefined && !refers) return body
  const { previous_response_id: _, ...rest } = body
  const before = previous === undefined ? [] : await historyOf(previous, state, caller)
  return { ...rest, input: await resolved([...before, ...itemsOf(body.input)], state, caller) }
}

function itemsOf(input: JsonValue | undefined): JsonObject[] {
  if (typeof input === 'string') return [{ type: 'message', role: 'user', content: input }]
  return objects(input)
}

async function historyOf(last: string, state: StateStore, caller: string): Promise<JsonObject[]> {
  const turns: Turn[] = []
  let id: string | undefined = last
  let length = 0
  while (id !== undefined && turns.length < MAX_TURNS) {
    const value: string | undefined = (await state.get('response', caller, [id])).get(id)
    length += value?.length ?? 0
    if (length > MAX_HISTORY_LENGTH) throw historyTooLong()
    const turn = turnOf(value)
    if (!turn) throw unknownResponse(id)
    turns.push(turn)
    id = turn.previous
  }
  return turns
    .reverse()
    .flatMap(({ input, response }) => [...itemsOf(input), ...objects(response.output)])
}

function historyTooLong(): GatewayError {
  return new GatewayError(
    'too-large',
    `previous_response_id: the history that it names is longer than ${MAX_HISTORY_LENGTH} characters; send what is needed of it in input`,
    { param: 'previous_response_id' },
  )
}

function turnOf(value: string | undefined): Turn | undefined {
  // What cannot be read counts as never stored.
  const wire = value === undefined ? undefined : parseObject(value)
  const response = object(wire?.response)
  if (!wire || !response) return undefined
  const previous = text(wire.previous)
  return {
    ...(previous ? { previous } : {}),
    input: wire.input ?? [],
    response,
  }
}

async function resolved(
  items: readonly JsonObject[],
  state: StateStore,
  caller: string,
): Promise<JsonObject[]> {
  const beside = new Map(items.flatMap(item => (isWhole(item) ? [[item.id, item] as const] : [])))
  const found = await state.get('item', caller, referred(items))
  return items.flatMap(item => {
    if (item.type !== 'item_reference') return [item]
    const id = text(item.id) ?? ''
    // The item may be part of the history that the request names as well.
    if (beside.has(id)) return []
    const value = found.get(id)
    const stored = value === undefined ? undefined : parseObject(value)
    if (stored) return [stored]
    // The conversation can go on without a thought; its loss is named where it is left out.
    if (id.startsWith('rs_')) return [{ type: 'reasoning', id, summary: [] }]
    throw unknownItem(id)
  })
}

function isWhole(item: JsonObject): item is JsonObject & { id: string } {
  return item.type !== 'item_reference' && typeof item.id === 'string'
}

export function unknownResponse(id: string): GatewayError {
  return new GatewayError(
    'invalid-request',
    `Previous response with id '${id}' not found. It is not kept here: it is too old, was made with store: false, or by another upstream; send the whole history in input.`,
    { param: 'previous_response_id', type: 'previous_response_not_found' },
  )
}

function unknownItem(id: string): GatewayError {
  return new GatewayError(
    'invalid-request',
    `Item with id '${id}' not found. Items are not kept with store: false, nor when another upstream made them; send the item itself.`,
    { param: 'input', type: 'item_not_found' },
  )
}
