import { isObject, type JsonObject, type JsonValue, jsonEntries } from '../../../lib/json/json.ts'
import { objects, text } from '../../../lib/json/read-json.ts'
import { type Budget, unitsOfMembers } from './budget.ts'
import { nameOf, resolvePointer } from './pointer.ts'

/** A schema with its references followed and the parts of `allOf` merged. */
export type Flat = {
  /** What is neither a member nor an alternative. */
  keywords: Map<string, JsonValue>
  properties: Map<string, JsonValue>
  required: Set<string>
  /** Lists of which one schema each must hold. */
  alternatives: JsonObject[][]
  /** Definitions that are named and not written out, since they are elsewhere. */
  see: string[]
}

/** Deeper chains of references and parts are cut: each level is one of the stack. */
const MAX_DEPTH = 64

/**
 * Follows references within one document. A definition is never written out inside itself, and
 * with `once` nowhere a second time, which keeps the result about as long as the document.
 */
export class Flattener {
  private readonly root: JsonObject
  private readonly budget: Budget
  private readonly once: boolean
  private readonly open = new Set<string>()
  private depth = 0

  constructor(root: JsonObject, budget: Budget, once: boolean) {
    this.root = root
    this.budget = budget
    this.once = once
  }

  /** Runs `write` on the flat schema while the definitions that it came from count as open. */
  flattened<Result>(schemas: readonly JsonObject[], write: (flat: Flat) => Result): Result {
    const { flat, entered } = this.flatten(schemas)
    this.depth++
    const result = write(flat)
    this.depth--
    if (!this.once) this.close(entered)
    return result
  }

  /** The flat schema to look at: its definitions are not written out by that. */
  peek(schema: JsonObject): Flat {
    const { flat, entered } = this.flatten([schema])
    this.close(entered)
    return flat
  }

  /** Says that a level deeper is too deep; what is there is left out. */
  isTooDeep(): boolean {
    const tooDeep = this.depth >= MAX_DEPTH
    if (tooDeep) this.budget.cut = true
    return tooDeep
  }

  private flatten(schemas: readonly JsonObject[]): { flat: Flat; entered: Set<string> } {
    const flat: Flat = {
      keywords: new Map(),
      properties: new Map(),
      required: new Set(),
      alternatives: [],
      see: [],
    }
    const entered = new Set<string>()
    for (const schema of schemas) this.add(schema, flat, entered)
    return { flat, entered }
  }

  private close(refs: ReadonlySet<string>): void {
    for (const ref of refs) this.open.delete(ref)
  }

  /** Later ones win: what a reference points at, then the parts, then the schema's own members. */
  private add(schema: JsonObject, flat: Flat, entered: Set<string>): void {
    if (this.isTooDeep() || !this.budget.spend(1)) return
    this.depth++
    const ref = text(schema.$ref)
    if (ref !== undefined) this.follow(ref, flat, entered)
    for (const part of objects(schema.allOf)) this.add(part, flat, entered)
    this.addMembers(schema, flat)
    this.depth--
  }

  private follow(ref: string, flat: Flat, entered: Set<string>): void {
    // Already part of this very schema.
    if (entered.has(ref)) return
    const target =
      this.open.has(ref) || this.isTooDeep() ? undefined : resolvePointer(this.root, ref)
    if (!target) {
      flat.see.push(nameOf(ref))
      return
    }
    this.open.add(ref)
    entered.add(ref)
    this.add(target, flat, entered)
  }

  private addMembers(schema: JsonObject, flat: Flat): void {
    for (const [name, value] of jsonEntries(schema)) {
      if (name === '$ref' || name === 'allOf') continue
      if (name === 'properties' && isObject(value)) this.addProperties(value, flat)
      else if (name === 'required') addRequired(value, flat)
      else if ((name === 'anyOf' || name === 'oneOf') && Array.isArray(value))
        flat.alternatives.push(objects(value))
      else flat.keywords.set(name, value)
    }
  }

  private addProperties(properties: JsonObject, flat: Flat): void {
    const entries = jsonEntries(properties)
    if (!this.budget.spend(unitsOfMembers(entries.length))) return
    for (const [name, value] of entries) flat.properties.set(name, value)
  }
}

function addRequired(names: JsonValue, flat: Flat): void {
  if (!Array.isArray(names)) return
  for (const name of names) if (typeof name === 'string') flat.required.add(name)
}
