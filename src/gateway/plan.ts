import { allowedBy } from '../routing/allowed.ts'
import { type ClientName, type SampleFacts, sampleFacts } from '../routing/facts.ts'
import type { RoutingTable } from '../routing/table.ts'
import { targetName } from '../routing/target-name.ts'

/** A request as far as its routing went: what was asked for, and by whom. */
export type RequestedBefore = { model: string; key: string; client: ClientName }

export type Change = {
  kind: 'moves' | 'gone' | 'new' | 'provider' | 'setting'
  /** In words. */
  text: string
}

/** What would be different with `next` in force instead of `now`. */
export function planChanges(
  now: RoutingTable,
  next: RoutingTable,
  before: readonly RequestedBefore[],
): Change[] {
  return [...routeChanges(now, next, before), ...providerChanges(now, next), ...settings(now, next)]
}

/** Requests that conditions tell from the plain one. */
const SORTS: readonly (readonly [words: string, given: Partial<SampleFacts>])[] = [
  ['', {}],
  [', long prompts', { inputTokens: 1_000_000 }],
  [', pictures', { images: true }],
  [', thinking', { thinking: true }],
  [', not streamed', { stream: false }],
  [', web search', { tools: ['web_search'] }],
]

function routeChanges(
  now: RoutingTable,
  next: RoutingTable,
  before: readonly RequestedBefore[],
): Change[] {
  const changes = new Map<string, Change>()
  for (const asked of [...allCallers(now), ...allCallers(next), ...before]) {
    const { model, key, client } = asked
    let plain: string | undefined
    for (const [words, given] of SORTS) {
      const facts = sampleFacts(model, { key, client, ...given })
      const was = spelled(now, model, facts)
      const will = spelled(next, model, facts)
      const move = `${was ?? 'none'} → ${will ?? 'none'}`
      if (words === '') plain = move
      // A change that holds for every request of this name is listed once.
      if (was === will || (words !== '' && move === plain)) continue
      const who = specific(now, next, model) ? whose(key, client) : ''
      const text = `"${model}"${who}${words}: ${move}`
      const kind = was === undefined ? 'new' : will === undefined ? 'gone' : 'moves'
      changes.set(text, { kind, text })
    }
  }
  return [...changes.values()]
}

/** Every name that the file itself gives, for every key. */
function allCallers(table: RoutingTable): RequestedBefore[] {
  const keys = table.apiKeys.length > 0 ? table.apiKeys.map(({ name }) => name) : ['local']
  const names = new Set([...table.listed.map(({ id }) => id), ...table.names])
  return [...names].flatMap(model => keys.map(key => ({ model, key, client: 'other' as const })))
}

/** Undefined: the name leads nowhere, or the key may not ask for it. */
function spelled(
  table: RoutingTable,
  model: string,
  facts: ReturnType<typeof sampleFacts>,
): string | undefined {
  const key = table.apiKeys.find(({ name }) => name === facts.key)
  if (!allowedBy(key?.models)(model)) return undefined
  const resolution = table.resolve(model, facts)
  if (!resolution.found || resolution.route.steps.length === 0) return undefined
  return resolution.route.steps
    .map(step => step.members.map(targetName).join(' | '))
    .join(', then ')
}

/** Whether the answer depends on who asks. */
function specific(now: RoutingTable, next: RoutingTable, model: string): boolean {
  return [now, next].some(
    table =>
      spelled(table, model, sampleFacts(model, { key: '?', client: 'amp' })) !==
        spelled(table, model, sampleFacts(model, { key: '??', client: 'other' })) ||
      table.apiKeys.some(
        ({ name }) =>
          spelled(table, model, sampleFacts(model, { key: name })) !==
          spelled(table, model, sampleFacts(model, { key: '?' })),
      ),
  )
}

function whose(key: string, client: ClientName): string {
  return ` for key ${key}${client === 'other' ? '' : `, client ${client}`}`
}

function providerChanges(now: RoutingTable, next: RoutingTable): Change[] {
  const changes: Change[] = []
  for (const [id, provider] of next.providers) {
    const before = now.providers.get(id)
    if (!before) changes.push({ kind: 'provider', text: `provider ${id} is new` })
    else if (Boolean(before.off) !== Boolean(provider.off))
      changes.push({
        kind: 'provider',
        text: `provider ${id} is switched ${provider.off ? `off: ${provider.off}` : 'on'}`,
      })
    else if (before.credentials.length !== provider.credentials.length)
      changes.push({
        kind: 'provider',
        text: `provider ${id} has ${provider.credentials.length} credentials instead of ${before.credentials.length}`,
      })
  }
  for (const id of now.providers.keys())
    if (!next.providers.has(id)) changes.push({ kind: 'provider', text: `provider ${id} is gone` })
  return changes
}

function settings(now: RoutingTable, next: RoutingTable): Change[] {
  const changes: Change[] = []
  const differ = (name: string, was: unknown, will: unknown, after = ''): void => {
    if (JSON.stringify(was) === JSON.stringify(will)) return
    changes.push({
      kind: 'setting',
      text: `${name}: ${settingText(was)} → ${settingText(will)}${after}`,
    })
  }
  const restart = ' (from the next start on)'
  differ('server.host', now.server.host, next.server.host, restart)
  differ('server.port', now.server.port, next.server.port, restart)
  differ('policy', now.policy, next.policy)
  differ(
    'api-keys',
    now.apiKeys.map(({ name }) => name),
    next.apiKeys.map(({ name }) => name),
  )
  return changes
}

function settingText(value: unknown): string {
  return Array.isArray(value) ? value.join(', ') || 'none' : JSON.stringify(value)
}
