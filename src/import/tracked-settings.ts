import { isObject, type JsonObject, type JsonValue } from '../lib/json/json.ts'

/**
 * A mapping of another tool's file that remembers which members were read. `unread` lists the
 * others, and those of another type than was expected: every setting is taken over or noted.
 */
export class TrackedSettings {
  /** Where it stands in its file: `ampcode`, `gemini-api-key[0]`; empty: the file itself. */
  readonly at: string
  readonly #members: JsonObject
  readonly #read = new Set<string>()
  readonly #within = new Map<string, TrackedSettings>()

  constructor(members: JsonObject, at = '') {
    this.#members = members
    this.at = at
  }

  path(name: string): string {
    return this.at ? `${this.at}.${name}` : name
  }

  names(): string[] {
    return Object.keys(this.#members)
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#members, name)
  }

  /** Whether the member is there, and neither empty nor switched off. */
  isGiven(name: string): boolean {
    return !isBlank(this.#members[name])
  }

  /** The value as it is, still unread. */
  peek(name: string): JsonValue | undefined {
    return this.#members[name]
  }

  /** Trimmed; an empty one is absent. Numbers are texts too: YAML does not know what was meant. */
  text(name: string): string | undefined {
    const value = this.#members[name]
    if (!isScalar(value)) return undefined
    this.#read.add(name)
    return String(value).trim() || undefined
  }

  number(name: string): number | undefined {
    const value = this.#members[name]
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
    if (typeof number !== 'number' || !Number.isFinite(number)) return undefined
    this.#read.add(name)
    return number
  }

  flag(name: string): boolean | undefined {
    const value = this.#members[name]
    const flag = value === 'true' ? true : value === 'false' ? false : value
    if (typeof flag !== 'boolean') return undefined
    this.#read.add(name)
    return flag
  }

  /** A list of texts, or one alone. */
  texts(name: string): string[] {
    const value = this.#members[name]
    const list = Array.isArray(value) ? value : isScalar(value) ? [value] : []
    const texts = list.filter(isScalar).map(item => String(item).trim())
    if (texts.length === list.length) this.#read.add(name)
    return texts.filter(item => item !== '')
  }

  /** Names with a text each, such as headers. */
  record(name: string): Record<string, string> {
    const value = this.#members[name]
    if (!isObject(value) || !Object.values(value).every(isScalar)) return {}
    this.#read.add(name)
    return Object.fromEntries(
      Object.entries(value)
        .map(([key, item]) => [key.trim(), String(item).trim()] as const)
        .filter(([key, item]) => key !== '' && item !== ''),
    )
  }

  /** An empty one where there is none. */
  mapping(name: string): TrackedSettings {
    const value = this.#members[name]
    return isObject(value) ? this.#enter(name, value, this.path(name)) : new TrackedSettings({})
  }

  mappings(name: string): TrackedSettings[] {
    const value = this.#members[name]
    if (!Array.isArray(value) || !value.every(isObject)) return []
    return value.map((item, index) => this.#enter(name, item, `${this.path(name)}[${index}]`))
  }

  /** The value as it is, all of it read. */
  raw(name: string): JsonValue | undefined {
    this.#read.add(name)
    return this.#members[name]
  }

  /** The paths of settings that were not read. */
  unread(): string[] {
    return [
      ...this.names()
        .filter(name => !this.#read.has(name) && this.isGiven(name))
        .map(name => this.path(name)),
      ...[...this.#within.values()].flatMap(settings => settings.unread()),
    ]
  }

  #enter(name: string, members: JsonObject, at: string): TrackedSettings {
    this.#read.add(name)
    const settings = this.#within.get(at) ?? new TrackedSettings(members, at)
    this.#within.set(at, settings)
    return settings
  }
}

type Scalar = string | number | boolean

function isScalar(value: JsonValue | undefined): value is Scalar {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}

/** Left empty, or switched off. */
function isBlank(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null || value === false || value === '' || value === 0)
    return true
  if (typeof value !== 'object') return false
  if (isObject(value) && (value.enable === false || value.enabled === false)) return true
  // Within a mapping a 0 is a number like others: a temperature, say.
  return Object.values(value).every(item => item !== 0 && isBlank(item))
}
