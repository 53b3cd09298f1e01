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

export type Routes = {
  version: 1
  server?: JsonObject
  providers: Record<string, JsonObject>
  models: Record<string, JsonValue>
  aliases: Record<string, JsonValue>
  force: Record<string, JsonValue>
  'api-keys'?: JsonValue[]
  'auth-dir'?: string
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
  /** A fresh random key. */
  newKey(): string
}

/** What every reader of an import gets: where its results go, and what it may look at. */
export type Importing = { draft: Draft; services: ImportServices }

/** What is taken over from another tool's file, and what is not. */
export class Draft {
  /** The tool it comes from. */
  readonly from: string
  /** Sections of routes.yaml. */
  readonly routes: Routes = { version: 1, providers: {}, models: {}, aliases: {}, force: {} }
  readonly notes: Note[] = []
  /** The comment before an entry, by section and name. */
  readonly origins = new Map<string, string>()
  /** Comments at the end of the file. */
  readonly closing: string[] = []
  /** What no provider may be called: `NAME/…` is a model that clients ask for. */
  readonly reserved = new Set<string>()

  constructor(from: string) {
    this.from = from
  }

  /** Something is not taken over, or means something else here. */
  noteDropped(about: string, text: string): void {
    this.notes.push({ about, text, loses: true })
  }

  /** A setting that is not needed here. */
  noteUnneeded(about: string, text: string): void {
    this.notes.push({ about, text, loses: false })
  }

  /** Where an entry comes from: a comment before it. */
  setOrigin(section: keyof Routes, name: string, origin: string): void {
    this.origins.set(`${section}\0${name}`, origin)
  }

  addProvider(id: string, provider: JsonObject, origin: string): void {
    this.routes.providers[id] = provider
    this.setOrigin('providers', id, origin)
  }

  /** An entry of `models`, `aliases` or `force`; the first of a name stays. */
  addName(
    section: 'models' | 'aliases' | 'force',
    name: string,
    to: JsonValue,
    origin: string,
  ): void {
    if (Object.hasOwn(this.routes[section], name)) return
    this.routes[section][name] = to
    this.setOrigin(section, name, origin)
  }

  /** A provider's name that no other has yet, nor the first segment of a model. */
  freeName(wanted: string): string {
    const plain =
      wanted
        .toLowerCase()
        .replace(/[^a-z0-9._-]+/g, '-')
        .replace(/^[-.]+|[-.]+$/g, '') || 'upstream'
    const isUsed = (name: string): boolean =>
      Object.hasOwn(this.routes.providers, name) || this.reserved.has(name)
    let name = plain
    for (let count = 2; isUsed(name); count++) name = `${plain}-${count}`
    return name
  }

  /** Keeps providers from the first segment of a model's name: `openai/gpt-5` is an address. */
  reserve(model: string): void {
    const slash = model.indexOf('/')
    if (slash > 0) this.reserved.add(model.slice(0, slash))
  }
}

/** The members that hold something: no empty text, list or mapping. */
export function filled(members: Record<string, JsonValue | undefined>): JsonObject {
  return Object.fromEntries(
    Object.entries(members).filter((entry): entry is [string, JsonValue] => !isEmpty(entry[1])),
  )
}

export function isEmpty(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null || value === '') return true
  return typeof value === 'object' && Object.keys(value).length === 0
}

/**
 * Notes of the same words are one, in the order in which they were made. Of settings that differ in
 * their place in a list only the first is named.
 */
export function mergeNotes(notes: readonly Note[]): Note[] {
  const alike = Map.groupBy(notes, ({ text, loses }) => `${loses} ${text}`)
  return [...alike.values()].flatMap(group => {
    const abouts = [...new Set(group.map(({ about }) => about))]
    const places = Map.groupBy(abouts, about => about.replace(/\[\d+\]/g, '[]'))
    const shown = [...places.values()].map(
      same => `${same[0]}${same.length > 1 ? ` (${same.length} times)` : ''}`,
    )
    return group.slice(0, 1).map(first => ({ ...first, about: shown.join(', ') }))
  })
}
