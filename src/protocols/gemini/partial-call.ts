import type { JsonObject, JsonValue } from '../../lib/json/json.ts'
import { object, text } from '../../lib/json/read-json.ts'
import { flagOf, numberOf, objectsOf } from './lenient.ts'
import { member, others } from './names.ts'

/** Members of a `functionCall` that only describe how it is sent. */
export const PIECEWISE = ['partialArgs', 'willContinue']

/** Deeper than any arguments. */
const MAX_STEPS = 64
/** Items come in order; an index far behind the end would allocate empty items. */
const MAX_GAP = 16

/**
 * A call that comes in pieces (`streamFunctionCallArguments`): the first has the name, each has some
 * values with their paths, the last has no `willContinue`.
 * @see https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling
 */
export class PartialCall {
  private readonly head: JsonObject
  private readonly args: JsonObject
  /** Paths whose text goes on in the next piece. */
  private readonly growing = new Set<string>()
  complete = false

  constructor(first: JsonObject) {
    this.head = others(first, ['args', ...PIECEWISE])
    this.args = { ...object(first.args) }
    this.add(first)
  }

  static begins(wire: JsonObject): boolean {
    return willContinue(wire) || objectsOf(member(wire, 'partialArgs')).length > 0
  }

  /** Whether a piece goes on with this call: it has no name of its own, or the same id. */
  goesOnWith(wire: JsonObject): boolean {
    if (this.complete) return false
    const id = text(wire.id)
    return !text(wire.name) || (Boolean(id) && id === this.head.id)
  }

  add(wire: JsonObject): void {
    for (const piece of objectsOf(member(wire, 'partialArgs'))) this.put(piece)
    this.complete = !willContinue(wire)
  }

  /** The call as it would have come whole. */
  whole(): JsonObject {
    return { ...this.head, args: this.args }
  }

  private put(piece: JsonObject): void {
    const path = text(member(piece, 'jsonPath')) ?? ''
    const steps = stepsOf(path)
    const value = pieceValue(piece)
    if (steps.length === 0 || steps.length > MAX_STEPS || value === undefined) return
    const goesOn = this.growing.has(path)
    if (willContinue(piece)) this.growing.add(path)
    else this.growing.delete(path)
    putAt(this.args, steps, before =>
      goesOn && typeof before === 'string' && typeof value === 'string' ? before + value : value,
    )
  }
}

function willContinue(wire: JsonObject): boolean {
  return flagOf(member(wire, 'willContinue')) === true
}

function pieceValue(piece: JsonObject): JsonValue | undefined {
  const words = text(member(piece, 'stringValue'))
  if (words !== undefined) return words
  const number = numberOf(member(piece, 'numberValue'))
  if (number !== undefined) return number
  const flag = flagOf(member(piece, 'boolValue'))
  if (flag !== undefined) return flag
  return 'nullValue' in piece || 'null_value' in piece ? null : undefined
}

/** `$.foo.bar[0]['a.b']`: the part of RFC 9535 that names one place. */
const STEP = /\.([^.[\]]+)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/gy

type Step = string | number

function stepsOf(path: string): Step[] {
  const rest = path.startsWith('$') ? path.slice(1) : `.${path}`
  const steps: Step[] = []
  for (const [, name, index, single, double] of rest.matchAll(STEP)) {
    if (index !== undefined) steps.push(Number(index))
    else steps.push(name ?? (single ?? double ?? '').replace(/\\(.)/g, '$1'))
  }
  return steps
}

type Container = JsonObject | JsonValue[]

/** Makes what is missing on the way; what stands in the way gives way. */
function putAt(
  root: JsonObject,
  steps: readonly Step[],
  change: (before: JsonValue | undefined) => JsonValue,
): void {
  let at: Container = root
  for (const [index, step] of steps.entries()) {
    const next = steps[index + 1]
    if (next === undefined) set(at, step, change(get(at, step)))
    else at = containerAt(at, step, next)
  }
}

function containerAt(at: Container, step: Step, next: Step): Container {
  const there = get(at, step)
  if (typeof next === 'number' ? Array.isArray(there) : object(there)) return there as Container
  const made: Container = typeof next === 'number' ? [] : {}
  set(at, step, made)
  return made
}

function get(at: Container, step: Step): JsonValue | undefined {
  if (Array.isArray(at)) return typeof step === 'number' ? at[step] : undefined
  return Object.hasOwn(at, step) ? at[step] : undefined
}

function set(at: Container, step: Step, value: JsonValue): void {
  if (!Array.isArray(at)) {
    // Not by assignment: `__proto__` is a member like any other.
    Object.defineProperty(at, step, { value, enumerable: true, writable: true, configurable: true })
    return
  }
  const isNear = typeof step === 'number' && step <= at.length + MAX_GAP
  const index = isNear ? step : at.length
  while (at.length < index) at.push(null)
  at[index] = value
}

/**
 * The parts of a history's messages with the pieces of each call put together at its first one. A
 * piece without a name that goes on with no call says nothing.
 */
export class CallJoiner {
  private open: { call: PartialCall; part: JsonObject } | undefined

  /** Calls go on over several messages: the same joiner reads them all. */
  join(parts: readonly JsonObject[]): JsonObject[] {
    return parts.flatMap(part => this.part(part))
  }

  private part(part: JsonObject): JsonObject[] {
    const wire = object(member(part, 'functionCall'))
    if (!wire) return [part]
    const { open } = this
    if (open?.call.goesOnWith(wire)) {
      open.call.add(wire)
      const signature = member(part, 'thoughtSignature')
      if (signature !== undefined) open.part.thoughtSignature ??= signature
      return []
    }
    if (!text(wire.name)) return []
    if (!PartialCall.begins(wire)) return [part]
    const call = new PartialCall(wire)
    // Read when all of it is here: the args are one object that still grows.
    const joined = { ...others(part, ['functionCall']), functionCall: call.whole() }
    this.open = { call, part: joined }
    return [joined]
  }
}
