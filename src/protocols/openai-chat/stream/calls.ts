import type { Part, StreamEvent } from '../../../conversation/index.ts'
import { isObject, type JsonObject } from '../../../lib/json/json.ts'
import { count, object, text, without } from '../../../lib/json/read-json.ts'
import type { Machine } from '../../../lib/streams/machine.ts'
import { unlessEmpty, withSpelling } from '../spelling.ts'

type Call = { part: number; key: number | undefined; id: string }

/**
 * Tool calls as their pieces arrive, each a part of its own; several may be open at once. Pieces
 * belong together by index; without one by id, and else to the latest call, unless they name a
 * function, which begins a new one.
 */
export class CallStream implements Machine<JsonObject, StreamEvent> {
  private readonly calls: Call[] = []
  private readonly nextPart: () => number
  private readonly idFor: (index: number) => string

  constructor(nextPart: () => number, idFor: (index: number) => string) {
    this.nextPart = nextPart
    this.idFor = idFor
  }

  get any(): boolean {
    return this.calls.length > 0
  }

  feed(wire: JsonObject): StreamEvent[] {
    const out: StreamEvent[] = []
    const known = this.find(wire)
    const call = known ?? this.begin(wire, out)
    const words = argumentsOf(declaredIn(wire))
    if (words) out.push({ type: 'part-delta', index: call.part, delta: { arguments: words } })
    return out
  }

  end(): StreamEvent[] {
    return this.calls.map(call => ({ type: 'part-end', index: call.part }))
  }

  private find(wire: JsonObject): Call | undefined {
    const key = count(wire.index)
    const id = text(wire.id)
    const named = Boolean(text(declaredIn(wire).name))
    if (key !== undefined) {
      const call = this.calls.findLast(open => open.key === key)
      // Some services send every call with index 0 and distinguish them by id only.
      return call && id && named && id !== call.id ? undefined : call
    }
    if (id) return this.calls.find(open => open.id === id)
    return named ? undefined : this.calls[this.calls.length - 1]
  }

  private begin(wire: JsonObject, out: StreamEvent[]): Call {
    const id = text(wire.id) || this.idFor(this.calls.length)
    const call = { part: this.nextPart(), key: count(wire.index), id }
    this.calls.push(call)
    out.push({ type: 'part-start', index: call.part, part: opening(wire, id) })
    return call
  }
}

function opening(wire: JsonObject, id: string): Part {
  const declared = declaredIn(wire)
  return {
    type: 'tool-call',
    id,
    name: text(declared.name) ?? '',
    arguments: '',
    runsOn: 'client',
    ...(wire.type === 'custom' ? { freeform: true } : {}),
    ...withSpelling(without(wire, 'id', 'type', 'index', 'function', 'custom', 'old'), {
      ...(wire.old === true ? { old: true } : {}),
      ...unlessEmpty('inner', without(declared, 'name', 'arguments', 'input')),
    }),
  }
}

function declaredIn(wire: JsonObject): JsonObject {
  return object(wire.function) ?? object(wire.custom) ?? {}
}

function argumentsOf({ arguments: words, input }: JsonObject): string {
  const given = words ?? input
  if (typeof given === 'string') return given
  return isObject(given) ? JSON.stringify(given) : ''
}
