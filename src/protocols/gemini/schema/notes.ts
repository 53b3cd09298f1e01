import type { JsonValue } from '../../../lib/json/json.ts'
import type { Flat } from './flatten.ts'

/** Keywords that the older form lacks. */
const NOTED = [
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'uniqueItems',
  'contains',
  'prefixItems',
  'additionalProperties',
  'patternProperties',
  'propertyNames',
  'dependentRequired',
  'not',
  'if',
  'then',
  'else',
  'default',
  'examples',
]
/** A longer value is cut: it is an explanation and not a rule. */
const MAX_NOTE = 300
const MAX_VALUES_NOTE = 1_000

/** The lines of a description that stand in place of what the form cannot check. */
export class Notes {
  readonly lines: string[] = []

  constructor({ see }: Flat) {
    for (const name of new Set(see)) this.lines.push(`See: ${name}`)
  }

  add(name: string, value: JsonValue): void {
    this.lines.push(`${name}: ${brief(value)}`)
  }

  addKeywords({ keywords }: Flat): void {
    for (const name of NOTED) {
      const value = keywords.get(name)
      if (value !== undefined && !isIdle(name, value)) this.add(name, value)
    }
  }

  addValues(values: readonly JsonValue[]): void {
    if (values.length === 0) return
    this.lines.push(`One of: ${values.map(brief).join(', ')}`.slice(0, MAX_VALUES_NOTE))
  }
}

/** Flags that only restate what a model does anyway: no members or items of its own invention. */
function isIdle(name: string, value: JsonValue): boolean {
  if (name === 'additionalProperties') return typeof value === 'boolean'
  return name === 'uniqueItems' && value !== true
}

const written = new WeakMap<object, string>()

/** JSON, cut; each object is written once, since references bring the same ones again and again. */
function brief(value: JsonValue): string {
  if (typeof value === 'string') return JSON.stringify(cut(value))
  if (typeof value !== 'object' || value === null) return String(value)
  let json = written.get(value)
  if (json === undefined) {
    json = cut(JSON.stringify(value))
    written.set(value, json)
  }
  return json
}

function cut(text: string): string {
  return text.length > MAX_NOTE ? `${text.slice(0, MAX_NOTE)}…` : text
}
