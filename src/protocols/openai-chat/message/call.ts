import type { Part, PartOf } from '../../../conversation/index.ts'
import type { JsonObject, JsonValue } from '../../../lib/json/json.ts'
import { object, objects, text, without } from '../../../lib/json/read-json.ts'
import { spellingOf, unlessEmpty, withSpelling } from '../spelling.ts'

/** `idFor` names a call whose wire gave it no id, by its place among the calls. */
export function decodeCalls(wire: JsonObject, idFor: (index: number) => string): Part[] {
  const calls: Part[] = objects(wire.tool_calls).map((call, index) =>
    decodeCall(call, idFor(index)),
  )
  const old = object(wire.function_call)
  if (old && text(old.name)) calls.push(decodeOldCall(old, idFor(calls.length)))
  return calls
}

/** The members calls were read from; an empty list of them is remembered as it is. */
export function readCalls(calls: readonly Part[]): string[] {
  const last = calls[calls.length - 1]
  if (!last) return []
  const old = spellingOf(last).old === true
  const listed = calls.length > (old ? 1 : 0)
  return [...(listed ? ['tool_calls'] : []), ...(old ? ['function_call'] : [])]
}

function decodeCall(wire: JsonObject, id: string): Part {
  const custom = wire.type === 'custom'
  const declared = object(wire.function) ?? object(wire.custom) ?? {}
  return {
    type: 'tool-call',
    id: text(wire.id) || id,
    name: text(declared.name) ?? '',
    arguments: argumentsText(custom ? declared.input : declared.arguments),
    runsOn: 'client',
    freeform: custom ? true : undefined,
    ...withSpelling(without(wire, 'id', 'type', 'function', 'custom'), {
      ...unlessEmpty('inner', without(declared, 'name', 'arguments', 'input')),
    }),
  }
}

/** What calls were before they had ids: one to a message. */
function decodeOldCall(wire: JsonObject, id: string): Part {
  const name = text(wire.name) ?? ''
  return {
    type: 'tool-call',
    id,
    name,
    arguments: argumentsText(wire.arguments),
    runsOn: 'client',
    ...withSpelling({}, { old: true }),
  }
}

/** Some services send the object instead of its text. */
export function argumentsText(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** The members a message gets for its calls. */
export function encodeCalls(calls: readonly PartOf<'tool-call'>[]): JsonObject {
  const wires: JsonObject[] = []
  let old: JsonObject | undefined
  for (const call of calls) {
    if (spellingOf(call).old === true) old = { name: call.name, arguments: call.arguments || '{}' }
    else wires.push(encodeCall(call))
  }
  return {
    ...(wires.length > 0 ? { tool_calls: wires } : {}),
    ...(old ? { function_call: old } : {}),
  }
}

function encodeCall(part: PartOf<'tool-call'>): JsonObject {
  const { name } = part
  const inner = object(spellingOf(part).inner)
  const call =
    part.freeform === true
      ? { type: 'custom', custom: { name, input: part.arguments, ...inner } }
      : { type: 'function', function: { name, arguments: part.arguments || '{}', ...inner } }
  return { id: part.id, ...call, ...part.extensions?.['openai-chat'] }
}
