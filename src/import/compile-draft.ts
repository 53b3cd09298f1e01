import { compileTable } from '../config/compile.ts'
import { isObject } from '../lib/json/json.ts'
import { pathText } from '../lib/path.ts'
import type { Diagnostic } from '../routing/diagnostic.ts'
import type { Draft, ImportServices, Routes } from './draft.ts'
import { renderDraft } from './render.ts'

/**
 * The draft's text. Entries that do not compile are removed, each with a note. Undefined: an error
 * belongs to no entry.
 */
export function compileDraft(draft: Draft, services: ImportServices): string | undefined {
  for (;;) {
    withProvider(draft)
    const text = renderDraft(draft)
    const compiled = compileTable('routes.yaml', text, { ...services, env: anySet() })
    if (compiled.ok) return text
    if (!removeFaulty(draft, compiled.diagnostics)) return undefined
  }
}

/** Adds the demo where there is no provider, since a file must declare one. */
function withProvider(draft: Draft): void {
  const { providers } = draft.routes
  if (Object.keys(providers).length > 0) return
  providers.echo = { kind: 'echo' }
  draft.setOrigin(
    'providers',
    'echo',
    'no provider was found; the demo stands in until you add one',
  )
}

/** Every variable counts as set: it need not be on the machine of the import. */
function anySet(): ImportServices['env'] {
  return new Proxy(
    {},
    { get: (_, name) => `http://${String(name).toLowerCase().replaceAll('_', '-')}.invalid` },
  )
}

type Place = { section: keyof Routes; name: string }

/** Removes the entries that errors belong to. False: there are none. */
function removeFaulty(draft: Draft, diagnostics: readonly Diagnostic[]): boolean {
  const blamed = new Map<string, Place & { diagnostic: Diagnostic }>()
  for (const diagnostic of diagnostics) {
    const place = diagnostic.severity === 'error' && placeOf(draft, diagnostic.path)
    if (!place) continue
    const key = `${place.section}\0${place.name}`
    if (!blamed.has(key)) blamed.set(key, { ...place, diagnostic })
  }
  // From the end, so that places in a list stay right.
  for (const { section, name, diagnostic } of [...blamed.values()].reverse()) {
    const { path, message, hint } = diagnostic
    const origin = draft.origins.get(`${section}\0${name}`)
    draft.noteDropped(
      origin ? `${path} (${origin})` : path,
      `left out: ${message}${hint ? ` (${hint})` : ''}`,
    )
    remove(draft, { section, name })
  }
  return blamed.size > 0
}

/** The entry a path leads to or into. */
function placeOf({ routes }: Draft, path: string): Place | undefined {
  for (const section of Object.keys(routes) as (keyof Routes)[]) {
    const entries = routes[section]
    if (typeof entries !== 'object') continue
    for (const name of Object.keys(entries)) {
      const at = pathText([section, Array.isArray(entries) ? Number(name) : name])
      if (path === at || path.startsWith(`${at}.`) || path.startsWith(`${at}[`))
        return { section, name }
    }
  }
  return undefined
}

function remove({ routes, origins }: Draft, { section, name }: Place): void {
  const entries: unknown = routes[section]
  if (isObject(entries)) delete entries[name]
  if (!Array.isArray(entries)) return
  entries.splice(Number(name), 1)
  for (let index = Number(name); index <= entries.length; index++) {
    const next = origins.get(`${section}\0${index + 1}`)
    if (next === undefined) origins.delete(`${section}\0${index}`)
    else origins.set(`${section}\0${index}`, next)
  }
}
