import type { JsonObject, JsonValue } from '../../lib/json.ts'

/** What is taken over from another tool's file, and what is not. */
export type Draft = {
  /** The tool it comes from. */
  from: string
  /** Sections of routes.yaml. */
  routes: Routes
  /** What has no equivalent here, or means something else, and why. */
  notes: string[]
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
  rules?: JsonValue[]
}

export function createDraft(from: string): Draft {
  return {
    from,
    routes: { version: 1, providers: {}, models: {}, aliases: {}, force: {} },
    notes: [],
  }
}

/** A provider's name that no other has yet. */
export function freeName({ routes }: Draft, wanted: string): string {
  const plain =
    wanted
      .toLowerCase()
      .replace(/[^a-z0-9.-]+/g, '-')
      .replace(/^-+|-+$/g, '') || 'upstream'
  let name = plain
  for (let count = 2; name in routes.providers; count++) name = `${plain}-${count}`
  return name
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

/** `$NAME` and `os.environ/NAME`, as other tools write it, in this file's words. */
export function fromEnvironment(text: string): string {
  return text
    .replace(/^os\.environ\/(\w+)$/, (_, name: string) => `\${${name}}`)
    .replace(/^\$(\w+)$/, (_, name: string) => `\${${name}}`)
}
