import { isObject, type JsonObject, type JsonValue, jsonEntries } from '../../lib/json/json.ts'
import { compileGlob } from '../../routing/glob.ts'
import { type Draft, filled } from '../draft.ts'
import type { TrackedSettings } from '../tracked-settings.ts'
import { namesLeadingTo } from './alias-target.ts'
import type { Prefixed } from './prefixes.ts'

/** Protocols as they are called there. */
const PROTOCOLS: Record<string, string> = {
  openai: 'openai-chat',
  responses: 'openai-responses',
  'openai-response': 'openai-responses',
  codex: 'openai-responses',
  claude: 'anthropic',
  gemini: 'gemini',
  'gemini-cli': 'gemini',
}

/** In the order in which they were made. */
const SECTIONS = [
  ['default', 'default'],
  ['default-raw', 'default'],
  ['override', 'set'],
  ['override-raw', 'set'],
  ['filter', 'remove'],
] as const

/** `payload`: changes to requests, here made on the client's request instead of the upstream's. */
export function readPayload(
  config: TrackedSettings,
  prefixed: readonly Prefixed[],
  draft: Draft,
): void {
  const payload = config.mapping('payload')
  const rules: JsonValue[] = []
  for (const [section, edit] of SECTIONS)
    for (const rule of payload.mappings(section)) {
      const edits = section === 'filter' ? removals(rule, draft) : changes(rule, section, draft)
      for (const when of conditions(rule, prefixed, draft)) {
        if (!edits) continue
        draft.setOrigin('rules', String(rules.length), `from ${rule.at}`)
        rules.push({ ...filled({ when }), [edit]: edits })
      }
    }
  if (rules.length > 0) draft.routes.rules = rules
}

/** A rule there has several conditions, any of which is enough; here each is a rule of its own. */
function conditions(
  rule: TrackedSettings,
  prefixed: readonly Prefixed[],
  draft: Draft,
): JsonObject[] {
  const models = rule.mappings('models').flatMap(model => conditionOf(model, draft) ?? [])
  if (!rule.isGiven('models'))
    draft.noteDropped(rule.at, 'names no models, for which it changed nothing there too')
  const alike = Map.groupBy(models, ({ rest }) => JSON.stringify(rest))
  return [...alike.values()].flatMap(group => {
    const [first] = group
    const globs = [...new Set(group.flatMap(({ glob }) => namesFor(glob, prefixed, draft)))]
    const everything = globs.includes('*')
    return first ? [{ ...filled({ model: everything ? [] : globs }), ...first.rest }] : []
  })
}

/** Undefined, with a note: it depends on what cannot be asked here, and would mean more without. */
function conditionOf(
  model: TrackedSettings,
  draft: Draft,
): { glob: string; rest: JsonObject } | undefined {
  const glob = model.text('name')
  const upstream = model.text('protocol')?.toLowerCase()
  const client = model.text('from-protocol')?.toLowerCase()
  const header = model.record('headers')
  const unknown = [upstream, client].find(word => word && !(word in PROTOCOLS))
  let usable = glob !== undefined
  for (const name of ['match', 'not-match', 'exist', 'not-exist']) {
    if (model.isGiven(name)) {
      usable = false
      draft.noteDropped(
        model.path(name),
        'what a request holds is no condition here, so the rule is left out; write it under rules with when: { tools, thinking, images or header }',
      )
    }
    model.raw(name)
  }
  if (unknown) {
    draft.noteDropped(model.at, `no client speaks "${unknown}" here, so the rule is left out`)
    return undefined
  }
  if (!usable || glob === undefined) return undefined
  const own = PROTOCOLS[upstream ?? '']
  const asked = PROTOCOLS[client ?? '']
  if (own && asked && own !== asked) {
    draft.noteDropped(
      model.at,
      `its paths are those of ${own}, but it is for clients that speak ${asked}, whose requests are what is changed here; write it under rules with their paths`,
    )
    return undefined
  }
  if (own && !asked)
    draft.noteDropped(
      `${model.at}.protocol`,
      `changes are made on the client’s own request here, so only clients that speak ${own} are met; write the same with their paths for others`,
    )
  return { glob, rest: filled({ protocol: asked ?? own, header }) }
}

/**
 * A model is known there by the upstream's name too, and behind a prefix; here by the name that is
 * asked for.
 */
function namesFor(glob: string, prefixed: readonly Prefixed[], draft: Draft): string[] {
  const pattern = compileGlob(glob)
  const isMeant = (name: string): boolean => pattern.match(name) !== undefined
  const behind = prefixed
    .filter(({ names }) => names.some(isMeant))
    .map(({ prefix }) => `${prefix}/${glob}`)
  return [glob, ...[...behind, ...namesLeadingTo(isMeant, draft)].filter(name => !isMeant(name))]
}

function changes(rule: TrackedSettings, section: string, draft: Draft): JsonObject | undefined {
  const params = rule.raw('params')
  if (!isObject(params)) return undefined
  const written: JsonObject = {}
  for (const [path, value] of jsonEntries(params)) {
    if (!isUsable(path, rule, draft)) continue
    const parsed = section.endsWith('-raw') ? rawValue(value, path, rule, draft) : value
    if (parsed !== undefined) written[path] = parsed
  }
  return Object.keys(written).length > 0 ? written : undefined
}

function removals(rule: TrackedSettings, draft: Draft): string[] | undefined {
  const paths = rule.texts('params').filter(path => isUsable(path, rule, draft))
  return paths.length > 0 ? paths : undefined
}

/** Steps by name or place; searches in lists and additions to them are not known here. */
function isUsable(path: string, rule: TrackedSettings, draft: Draft): boolean {
  if (/^(model|stream)$/.test(path)) {
    draft.noteDropped(
      `${rule.at}: ${path}`,
      'cannot be edited; models and force say which model is asked',
    )
    return false
  }
  const usable = path !== '' && !/[#@|*?]|(^|\.)-1(\.|$)|(^|(?<!\\)\.)(\.|$)/.test(path)
  if (!usable)
    draft.noteDropped(
      `${rule.at}: ${path}`,
      'paths are made of names and places (a.b, a.0.b); write this one by hand',
    )
  return usable
}

function rawValue(
  value: JsonValue,
  path: string,
  rule: TrackedSettings,
  draft: Draft,
): JsonValue | undefined {
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value) as JsonValue
  } catch {
    draft.noteDropped(`${rule.at}: ${path}`, 'is no JSON, for which it was ignored there too')
    return undefined
  }
}
