import type { TableServices } from '../config/compile.ts'
import type { JsonObject, JsonValue } from '../lib/json/json.ts'

/** Something about a setting that its owner should know. */
export type Note = {
  /** The setting, as its own file names it. */
  about: string
  /** What is not taken over, why, and what to do; without any value that may be a secret. */
  text: string
  /** Something is missing or different now; otherwise nothing need be done. */
  loses: boolean
}

/** What is taken over from another tool's file, and what is not. */
export type Draft = {
  /** The tool it comes from. */
  from: string
  /** Sections of routes.yaml. */
  routes: Routes
  notes: Note[]
  /** Where an entry comes from, said before it: by section and name. */
  origins: Map<string, string>
  /** Said at the end of the file. */
  closing: string[]
  /** What no provider may be called: `NAME/…` is a model that clients ask for. */
  reserved: Set<string>
}

export type Routes = {
  version: 1
  server?: JsonObject
  providers: Record<string, JsonObject>
  models: Record<string, JsonValue>
  aliases: Record<string, JsonValue>
  force: Record<string, JsonValue>
  'api-keys'?: JsonValue[]
  policy?: JsonObject
  logging?: JsonObject
  'remote-management'?: JsonObject
  usage?: JsonObject
  amp?: JsonObject
  rules?: JsonValue[]
}

/** What an import may look at besides the text. */
export type ImportServices = TableServices & {
  /** Folders in which a relative path of the file may be meant, the likeliest first. */
  folders: readonly string[]
  /** The user's own. */
  home: string
  /** Files in a folder and below, relative to it. Throws where there is no such folder. */
  filesIn(folder: string): readonly string[]
  /** A key that nobody can guess. */
  newKey(): string
}

export function createDraft(from: string): Draft {
  return {
    from,
    routes: { version: 1, providers: {}, models: {}, aliases: {}, force: {} },
    notes: [],
    origins: new Map(),
    closing: [],
    reserved: new Set(),
  }
}

/** Something is not taken over, or means something else here. */
export function noteDropped({ notes }: Draft, about: string, text: string): void {
  notes.push({ about, text, loses: true })
}

/** A setting that is not needed here. */
export function noteUnneeded({ notes }: Draft, about: string, text: string): void {
  notes.push({ about, text, loses: false })
}

/** Says where an entry comes from. */
export function setOrigin(
  { origins }: Draft,
  section: keyof Routes,
  name: string,
  of: string,
): void {
  origins.set(`${section}\0${name}`, of)
}

/** An entry of `models`, `aliases` or `force`; the first of a name stays. */
export function addName(
  draft: Draft,
  section: 'models' | 'aliases' | 'force',
  name: string,
  to: JsonValue,
  of: string,
): void {
  if (Object.hasOwn(draft.routes[section], name)) return
  draft.routes[section][name] = to
  setOrigin(draft, section, name, of)
}

/** A provider's name that no other has yet, nor the first segment of a model. */
export function freeName({ routes, reserved }: Draft, wanted: string): string {
  const plain =
    wanted
      .toLowerCase()
      .replace(/[^a-z0-9._-]+/g, '-')
      .replace(/^[-.]+|[-.]+$/g, '') || 'upstream'
  let name = plain
  for (let count = 2; Object.hasOwn(routes.providers, name) || reserved.has(name); count++)
    name = `${plain}-${count}`
  return name
}

/** No provider may be called as a name begins that clients ask for: `openai/gpt-5` is an address. */
export function reserve({ reserved }: Draft, name: string): void {
  const slash = name.indexOf('/')
  if (slash > 0) reserved.add(name.slice(0, slash))
}

/** Members that say something: no empty text, list or mapping. */
export function filled(members: Record<string, JsonValue | undefined>): JsonObject {
  return Object.fromEntries(
    Object.entries(members).filter((entry): entry is [string, JsonValue] => !isEmpty(entry[1])),
  )
}

function isEmpty(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null || value === '') return true
  return typeof value === 'object' && Object.keys(value).length === 0
}

/**
 * Notes of the same words are one, in the order in which they were made. Of settings that differ in
 * their place in a list only the first is named.
 */
export function mergeNotes(notes: readonly Note[]): Note[] {
  const alike = Map.groupBy(notes, ({ text, loses }) => `${loses} ${text}`)
  return [...alike.values()].flatMap(those => {
    const abouts = [...new Set(those.map(({ about }) => about))]
    const places = Map.groupBy(abouts, about => about.replace(/\[\d+\]/g, '[]'))
    const shown = [...places.values()].map(
      same => `${same[0]}${same.length > 1 ? ` (${same.length} times)` : ''}`,
    )
    return those.slice(0, 1).map(first => ({ ...first, about: shown.join(', ') }))
  })
}
