import { isObject, type JsonObject, type JsonValue } from '../../../src/lib/json/json.ts'
import { list, object, words } from '../readers/seen.ts'

/**
 * What an upstream understands of a request, read straight off the wire and without the codecs, so
 * that the tests do not judge the code by itself.
 */
export type Asked = {
  /** Everything that is said in words, results aside. */
  texts: string[]
  /** Every call with what it was answered; undefined: nothing. */
  calls: { name: string; arguments: unknown; result: string | undefined }[]
  /** Results that belong to no call. */
  strays: string[]
  /** What is shown or played: its base64, or its address. */
  media: string[]
  tools: { name: string; description: string; schema: JsonValue }[]
  /** Tools that the upstream is to run itself. */
  own: string[]
  /** Which tool is to be called: `auto`, `none`, `required`, or the name of one. */
  choice: string
  /** The schema that the answer is to follow; `json`: any JSON. */
  format: JsonValue | undefined
  /** The most tokens of the answer. */
  cap: JsonValue | undefined
}

export type Call = { id: string; name: string; arguments: unknown }
export type Result = { id: string; name?: string; text: string }

/** A request as it is read: what is said, in order, before results are put beside their calls. */
export class Reading {
  readonly texts: string[] = []
  readonly media: string[] = []
  readonly tools: Asked['tools'] = []
  readonly own: string[] = []
  private readonly calls: Asked['calls'] = []
  private readonly strays: string[] = []
  private open: { call: Call; at: number }[] = []
  private answering = false
  choice = 'auto'
  format: JsonValue | undefined
  cap: JsonValue | undefined

  say(text: JsonValue | undefined): void {
    if (words(text).trim() !== '') this.texts.push(words(text))
  }

  /** What the assistant calls; what it called before the last answer can no longer be answered. */
  call(calls: readonly Call[]): void {
    if (calls.length === 0) return
    if (this.answering) this.open = []
    this.answering = false
    for (const call of calls) {
      this.calls.push({ name: call.name, arguments: call.arguments, result: undefined })
      this.open.push({ call, at: this.calls.length - 1 })
    }
  }

  /** By id; without one by name, else the oldest. Calls without ids are known by name alone. */
  answer({ id, name, text }: Result): void {
    this.answering = true
    const fits =
      id === ''
        ? (this.open.find(({ call }) => call.name === name) ?? this.open[0])
        : (this.open.find(({ call }) => call.id === id) ??
          this.open.find(({ call }) => call.id === '' && call.name === name))
    const answered = fits && this.calls[fits.at]
    if (!answered) this.strays.push(text)
    else {
      answered.result = text
      this.open = this.open.filter(call => call !== fits)
    }
  }

  tool(name: JsonValue | undefined, description: JsonValue | undefined, schema: JsonValue): void {
    this.tools.push({
      name: words(name),
      description: words(description),
      schema: canonical(schema),
    })
  }

  done(): Asked {
    const { texts, calls, strays, media, tools, own, choice, cap } = this
    const format = this.format === undefined ? undefined : canonical(this.format)
    return { texts, calls, strays, media, tools, own, choice, format, cap }
  }
}

/** A schema in one spelling: types in lower case, `nullable` as a type, counts as numbers. */
export function canonical(schema: JsonValue): JsonValue {
  if (Array.isArray(schema)) return schema.map(canonical)
  if (!isObject(schema)) return schema
  const out: JsonObject = {}
  for (const [name, value] of Object.entries(schema)) {
    // The order in which one vendor's model is to write members says nothing to others.
    if (value === undefined || /^(nullable|property_?ordering)$/i.test(name)) continue
    if (name === 'type' && typeof value === 'string') out.type = value.toLowerCase()
    else if (name === 'properties' || name === '$defs' || name === 'definitions')
      out[name] = Object.fromEntries(
        Object.entries(object(value)).map(([key, inner]) => [key, canonical(inner ?? null)]),
      )
    else if (name === 'enum' || name === 'const' || name === 'default' || name === 'examples')
      out[name] = value
    else if (/^(min|max)/.test(name) && typeof value === 'string') out[name] = Number(value)
    else out[name] = canonical(value)
  }
  if (schema.nullable === true && typeof out.type === 'string') out.type = [out.type, 'null']
  return out
}

/** In the place of a schema that a tool has without writing it: it takes text, or its type says all. */
export const UNWRITTEN = 'unwritten'

/** The schema of a tool's parameters: always an object's. */
export function parametersOf(schema: JsonValue | undefined): JsonObject {
  return { type: 'object', properties: {}, ...object(schema) }
}

/** The texts of content that is a string or parts. */
export function textsIn(content: JsonValue | undefined): string[] {
  if (typeof content === 'string') return [content]
  return list(content).flatMap(({ text }) => (typeof text === 'string' ? [text] : []))
}

/** A data URL's data, or the address. */
export function addressed(url: JsonValue | undefined): string {
  return words(url).replace(/^data:[^,]*,/, '')
}
