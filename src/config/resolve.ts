import type { Facts } from './facts.ts'
import { fillStars } from './glob.ts'
import type { Entry, Mention } from './names.ts'
import { nearest } from './nearest.ts'
import { resolveTimeouts } from './providers.ts'
import { splitSuffix } from './suffix.ts'
import type {
  ModelFacts,
  Policy,
  Provider,
  Reasoning,
  Resolution,
  Route,
  Step,
  Target,
  TraceLine,
} from './table.ts'
import type { Condition } from './when.ts'

/** A target that names its provider, and the model behind it. */
export type Address = { provider: Provider; model: string }

/** A model in a provider's catalogue; `discoveredAtMs`: its upstream lists it. */
export type Listing = Address & { discoveredAtMs?: number }

export type Names = {
  providers: ReadonlyMap<string, Provider>
  policy: Policy
  /** By section: exact names, and globs in the order in which they are tried. */
  exact: Record<Entry['section'], ReadonlyMap<string, Entry>>
  globs: Record<Entry['section'], readonly Entry[]>
  /** Catalogue names and who lists them, best priority first. */
  catalogue: ReadonlyMap<string, readonly Listing[]>
  /** Catalogue names by the file and the kinds alone. What upstreams list must not make a file wrong. */
  declared: ReadonlySet<string>
  /** No real provider can be used: `echo` may stand in. */
  echoStandsIn: boolean
}

/** Names a file resolved once need not be resolved again; clients choose the names, so it is bounded. */
const REMEMBERED = 2_000

/** Who asks. Without facts every condition holds: what could be, for lists and checks. */
type Asking = { facts: Facts | undefined; conditional: boolean; trace: TraceLine[] }
type Asked = Names & { asking: Asking }

function holds({ asking }: Asked, when: Condition | undefined): boolean {
  if (!when) return true
  asking.conditional = true
  return asking.facts === undefined || when.holds(asking.facts)
}

/** Whether the entry takes the name; an entry that does not says why. */
function takes(names: Asked, entry: Entry): boolean {
  if (holds(names, entry.when)) return true
  const verdict = `${entry.title} does not take it: it wants ${entry.when?.text}`
  names.asking.trace.push({ rule: 'when', verdict, at: entry.at })
  return false
}

export function createResolve(names: Names): (asked: string, facts?: Facts) => Resolution {
  const remembered = new Map<string, Resolution>()
  return (asked, facts) => {
    const known = remembered.get(asked)
    if (known) return known
    const asking: Asking = { facts, conditional: false, trace: [] }
    const resolution = resolveAsked({ ...names, asking }, asked)
    // What depends on the request is asked of every request.
    if (asking.conditional) return resolution
    if (remembered.size >= REMEMBERED) remembered.clear()
    remembered.set(asked, resolution)
    return resolution
  }
}

/** The order of resolution, as the specification numbers it. */
function resolveAsked(names: Asked, asked: string): Resolution {
  const { trace } = names.asking
  const exactFirst =
    names.exact.force.has(asked) || names.exact.models.has(asked) || names.catalogue.has(asked)
  const { name, reasoning } = exactFirst
    ? ({ name: asked } as ReturnType<typeof splitSuffix>)
    : splitSuffix(asked)
  if (name !== asked)
    trace.push({
      rule: '1 suffix',
      verdict: `"${asked}" asks for "${name}"${reasoning ? ` with ${JSON.stringify(reasoning)}` : ''}`,
    })
  const forced = matchEntry(names, 'force', name)
  const found = forced
    ? follow(names, forced, '2 force', trace, new Set())
    : fromAddress(names, name, trace, new Set())
  if (!forced) trace.unshift({ rule: '2 force', verdict: 'no entry takes it' })
  if (!found) {
    const near = nearest(
      name,
      [
        ...names.exact.models.keys(),
        ...names.exact.aliases.keys(),
        ...names.exact.force.keys(),
        ...names.catalogue.keys(),
      ],
      3,
    )
    trace.push({ rule: '9 otherwise', verdict: 'not found' })
    return { found: false, nearest: near, trace }
  }
  return { found: true, route: finished(names, found, reasoning), trace }
}

/** A route on its way: off providers' targets still in it. */
type Draft = {
  name: string
  steps: Step[]
  reportModel: Route['reportModel']
  edits: Route['edits']
}

/** Steps 3 to 8. `visited` guards against cycles through patterns. */
function fromAddress(
  names: Asked,
  name: string,
  trace: TraceLine[],
  visited: Set<Entry>,
): Draft | undefined {
  const address = parseAddress(names.providers, name)
  if (address) {
    if (address.provider.excludes(address.model)) {
      trace.push({
        rule: '3 address',
        verdict: `${address.provider.id} excludes ${address.model}`,
        at: address.provider.at,
      })
      return undefined
    }
    trace.push({
      rule: '3 address',
      verdict: `${address.provider.id}, model ${address.model}`,
      at: address.provider.at,
    })
    return { name, steps: [single(address)], reportModel: 'asked', edits: [] }
  }
  const model = exactEntry(names, 'models', name)
  if (model) return follow(names, model, '4 models', trace, visited)
  const listed = names.catalogue.get(name)
  if (listed) {
    trace.push({
      rule: '5 catalogue',
      verdict: `listed by ${listed.map(calledListing).join(', ')}`,
      ...(listed[0] ? { at: listed[0].provider.at } : {}),
    })
    return { name, steps: catalogueSteps(names, name, listed), reportModel: 'asked', edits: [] }
  }
  const alias = exactEntry(names, 'aliases', name)
  if (alias) return follow(names, alias, '6 aliases', trace, visited)
  const globbed = firstGlob(names, 'models', name)
  if (globbed) return follow(names, globbed, '7 models patterns', trace, visited)
  const aliased = firstGlob(names, 'aliases', name)
  return aliased && follow(names, aliased, '8 aliases patterns', trace, visited)
}

function calledListing({ provider, discoveredAtMs }: Listing): string {
  if (discoveredAtMs === undefined) return provider.id
  return `${provider.id} (discovered ${new Date(discoveredAtMs).toISOString().slice(0, 10)})`
}

type Match = { entry: Entry; captures: readonly string[] }

function matchEntry(
  names: Asked,
  section: Entry['section'],
  name: string,
): Entry | Match | undefined {
  return exactEntry(names, section, name) ?? firstGlob(names, section, name)
}

function exactEntry(names: Asked, section: Entry['section'], name: string): Entry | undefined {
  const entry = names.exact[section].get(name)
  return entry && takes(names, entry) ? entry : undefined
}

function firstGlob(names: Asked, section: Entry['section'], name: string): Match | undefined {
  for (const entry of names.globs[section]) {
    const captures = entry.glob?.match(name)
    if (captures && takes(names, entry)) return { entry, captures }
  }
  return undefined
}

function follow(
  names: Asked,
  matched: Entry | Match,
  rule: string,
  trace: TraceLine[],
  visited: Set<Entry>,
): Draft | undefined {
  const { entry, captures } = 'entry' in matched ? matched : { entry: matched, captures: [] }
  trace.push({ rule, verdict: entry.title, at: entry.at })
  if (visited.has(entry)) {
    trace.push({ rule, verdict: `${entry.title} leads back to itself`, at: entry.at })
    return undefined
  }
  const within = new Set([...visited, entry])
  const steps: Step[] = []
  for (const [index, written] of entry.steps.entries()) {
    if (!holds(names, written.when)) {
      trace.push({
        rule,
        verdict: `${entry.title}: a step is left out, since it wants ${written.when?.text}`,
        at: written.at,
      })
      continue
    }
    const drafts = written.mentions.map(mention =>
      mentioned(names, mention, captures, trace, within),
    )
    const strategy = entry.strategy ?? names.policy.strategy
    if (written.pooled)
      steps.push({
        id: `${entry.title}[${index}]`,
        strategy,
        members: drafts.flat().flatMap(step => step.members),
      })
    else steps.push(...drafts.flat())
  }
  return { name: entry.title, steps, reportModel: entry.reportModel, edits: entry.edits }
}

/** A target, or the steps of the entry that is named. */
function mentioned(
  names: Asked,
  mention: Mention,
  captures: readonly string[],
  trace: TraceLine[],
  visited: Set<Entry>,
): Step[] {
  const { name, reasoning } = splitSuffix(fillStars(mention.text, captures))
  const address = parseAddress(names.providers, name)
  const steps = address
    ? [single(address)]
    : (fromAddress(names, name, trace, visited)?.steps ?? [])
  return steps.map(step => ({
    ...step,
    members: step.members.map(member => adjusted(member, mention, reasoning)),
  }))
}

function adjusted(member: Target, mention: Mention, reasoning: Reasoning | undefined): Target {
  return {
    ...member,
    weight: member.weight * mention.weight,
    timeouts: resolveTimeouts(mention.timeout, member.timeouts),
    at: mention.at,
    ...(reasoning ? { reasoning } : {}),
  }
}

export function parseAddress(
  providers: ReadonlyMap<string, Provider>,
  text: string,
): Address | undefined {
  const slash = text.indexOf('/')
  if (slash <= 0) return undefined
  const head = text.slice(0, slash)
  const scheme = head.endsWith(':') && text[slash + 1] === '/'
  const id = scheme ? head.slice(0, -1) : head
  const model = text.slice(slash + (scheme ? 2 : 1))
  if (model === '') return undefined
  const provider = providers.get(id) ?? [...providers.values()].find(one => one.prefix === id)
  return (
    provider && {
      provider,
      model: provider.models.find(({ alias }) => alias === model)?.name ?? model,
    }
  )
}

function single({ provider, model }: Address): Step {
  const target: Target = {
    provider,
    model,
    facts: factsOf(provider, model),
    weight: 1,
    timeouts: provider.timeouts,
    at: provider.at,
  }
  return { id: `${provider.id}/${model}`, strategy: 'fill-first', members: [target] }
}

/** What the file says of the model, else what its kind knows; a kind's word on all its models. */
function factsOf({ models, kind }: Provider, model: string): ModelFacts {
  const known =
    models.find(({ name }) => name === model) ??
    kind.catalogue?.find(({ name }) => name === model) ??
    {}
  return kind.lacks && !('lacks' in known) ? { ...known, lacks: kind.lacks } : known
}

/** One pool for each priority. */
function catalogueSteps(names: Names, name: string, listed: readonly Address[]): Step[] {
  const tiers = new Map<number, Target[]>()
  for (const address of listed) {
    const members = tiers.get(address.provider.priority) ?? []
    members.push(...single(address).members)
    tiers.set(address.provider.priority, members)
  }
  return [...tiers]
    .sort(([a], [b]) => b - a)
    .map(([priority, members]) => ({
      id: `catalogue.${name}.${priority}`,
      strategy: names.policy.strategy,
      members,
    }))
}

/**
 * Leaves out who cannot serve and says why. `echo` never answers in place of a real provider: in
 * company it stays only while no real one can be used at all.
 */
function finished(names: Asked, draft: Draft, asked: Reasoning | undefined): Route {
  const all = draft.steps.flatMap(step => step.members)
  const alone = all.every(({ provider }) => provider.kind.id === 'echo')
  const passedOver: Route['passedOver'][number][] = []
  const serves = (target: Target): boolean => {
    const { provider } = target
    const reason =
      provider.off ??
      (provider.kind.id === 'echo' && !alone && !names.echoStandsIn
        ? 'echo does not stand in for a real provider'
        : undefined)
    if (reason)
      passedOver.push({ target: `${provider.id}/${target.model}`, reason, at: provider.at })
    return !reason
  }
  const steps = draft.steps
    .map(step => ({
      ...step,
      members: step.members
        .filter(serves)
        .map(member => (asked && !member.reasoning ? { ...member, reasoning: asked } : member)),
    }))
    .filter(step => step.members.length > 0)
  const { name, reportModel, edits } = draft
  return { name, steps, reportModel, edits, passedOver }
}
