import { nameProblem } from '../lib/files/path-name.ts'
import { nearest } from '../lib/nearest.ts'
import { type Address, parseAddress } from './address.ts'
import { layered } from './body-edits.ts'
import type { Condition } from './condition.ts'
import { adjusted, type Draft, finished, poolSteps } from './draft.ts'
import { type Entry, isOtherName, POOL_STRATEGY, type Reference, type StepSource } from './entry.ts'
import type { Facts } from './facts.ts'
import { fillStars } from './glob.ts'
import { exactNames, isExact, type Listing, type Names, referencedName } from './names.ts'
import { splitSuffix } from './reasoning-suffix.ts'
import type { Resolution, Step, TraceLine } from './table.ts'

/** Names one behind the other, and entries in all, that one asked name may lead through. */
export const MAX_DEPTH = 100
export const MAX_FOLLOWED = 5_000

/** Who asks. Without facts every condition holds: what could be, for lists and checks. */
type Asking = {
  facts: Facts | undefined
  conditional: boolean
  trace: TraceLine[]
  /** Entries gone through so far: names that each stand for several others multiply. */
  followed: number
}
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

/**
 * Resolves a name by the rules, in their order. Without facts every condition holds: what could be,
 * for lists and checks. `conditional`: a condition was read, so other facts may lead elsewhere.
 */
export function resolveName(
  names: Names,
  asked: string,
  facts: Facts | undefined,
): { resolution: Resolution; conditional: boolean } {
  const asking: Asking = { facts, conditional: false, trace: [], followed: 0 }
  const resolution = resolveAsked({ ...names, asking }, asked)
  return { resolution, conditional: asking.conditional }
}

/** The order of resolution, as the specification numbers it. */
function resolveAsked(names: Asked, asked: string): Resolution {
  const { trace } = names.asking
  const isWhole = isExact(names, asked)
  const { name, reasoning }: ReturnType<typeof splitSuffix> = isWhole
    ? { name: asked }
    : splitSuffix(asked)
  if (name !== asked)
    trace.push({
      rule: '1 suffix',
      verdict: `"${asked}" asks for "${name}"${reasoning ? ` with ${JSON.stringify(reasoning)}` : ''}`,
    })
  const forced = matchEntry(names, 'force', name)
  if (!forced) trace.push({ rule: '2 force', verdict: 'no entry takes it' })
  const found = forced
    ? follow(names, forced, '2 force', trace, new Set())
    : fromAddress(names, name, trace)
  if (!found) {
    trace.push({ rule: '9 otherwise', verdict: 'not found' })
    return {
      found: false,
      // Searched where it is read: most callers only need to know whether the name leads anywhere.
      get nearest() {
        return nearest(name, exactNames(names), 3)
      },
      trace,
    }
  }
  return { found: true, route: finished(names, found, reasoning), trace }
}

/** Step 3, and those after it. */
function fromAddress(names: Asked, name: string, trace: TraceLine[]): Draft | undefined {
  const address = parseAddress(names, name, 'client')
  if (!address) return fromNames(names, name, trace, new Set())
  if (address.meant.length > 0)
    trace.push({
      rule: '3 address',
      verdict: address.meant
        .map(({ provider, model }) => `${provider.id}, model ${model}`)
        .join('; '),
      at: address.provider.at,
    })
  return atAddress(names, name, address, trace)
}

function atAddress(
  names: Asked,
  name: string,
  { meant, provider, model }: Address,
  trace: TraceLine[],
): Draft | undefined {
  if (meant.length > 0)
    return { name, steps: poolSteps(names, `address.${name}`, meant), edits: [] }
  trace.push({
    rule: '3 address',
    verdict: `${provider.id} excludes ${model}`,
    at: provider.at,
  })
  return undefined
}

/** Steps 4 to 8. `visited` guards against cycles through patterns. */
function fromNames(
  names: Asked,
  name: string,
  trace: TraceLine[],
  visited: Set<Entry>,
): Draft | undefined {
  const model = exactEntry(names, 'models', name)
  if (model) return follow(names, model, '4 models', trace, visited)
  const listed = names.catalogue.get(name)
  if (listed) {
    trace.push({
      rule: '5 catalogue',
      verdict: `listed by ${listed.map(calledListing).join(', ')}`,
      ...(listed[0] ? { at: listed[0].provider.at } : {}),
    })
    return { name, steps: poolSteps(names, `catalogue.${name}`, listed), edits: [] }
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

/** Undefined: none of its destinations leads anywhere. */
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
  if (names.asking.followed++ >= MAX_FOLLOWED || visited.size >= MAX_DEPTH) {
    trace.push({ rule, verdict: `${entry.title} is one name too many; it is left out` })
    return undefined
  }
  visited.add(entry)
  const wanted = entry.steps.filter(step => wantedStep(names, entry, step, rule, trace))
  const drafts = wanted.map(step =>
    step.references.map(reference => followReference(names, reference, captures, trace, visited)),
  )
  visited.delete(entry)
  if (wanted.length > 0 && drafts.flat().every(draft => draft === undefined)) {
    trace.push({ rule, verdict: `${entry.title} leads nowhere`, at: entry.at })
    return undefined
  }
  const steps = wanted.flatMap((step, index): Step[] => {
    const found = (drafts[index] ?? []).flatMap(draft => draft?.steps ?? [])
    if (!step.pooled) return found
    const id = `${entry.title}[${entry.steps.indexOf(step)}]`
    const members = found.flatMap(step => step.members)
    return [{ id, strategy: entry.strategy ?? POOL_STRATEGY, members }]
  })
  // Another name for one destination takes over the settings of that destination.
  const only = isOtherName(entry) ? drafts[0]?.[0] : undefined
  const inner = only?.edits ?? []
  return {
    name: entry.title,
    steps,
    reportModel: entry.reportModel ?? only?.reportModel,
    edits: entry.edits.length === 0 ? inner : layered(entry.edits, inner),
  }
}

function wantedStep(
  names: Asked,
  entry: Entry,
  { when, at }: StepSource,
  rule: string,
  trace: TraceLine[],
): boolean {
  if (holds(names, when)) return true
  const verdict = `${entry.title}: a step is left out, since it wants ${when?.text}`
  trace.push({ rule, verdict, at })
  return false
}

/** A target, or what the entry that is named leads to. */
function followReference(
  names: Asked,
  reference: Reference,
  captures: readonly string[],
  trace: TraceLine[],
  visited: Set<Entry>,
): Draft | undefined {
  const { name: template, reasoning } = referencedName(names, reference)
  const name = fillStars(template, captures)
  // What a star stood for may make a segment that the asked name does not have.
  if (captures.length > 0 && nameProblem(name)?.type === 'dot-segment') {
    trace.push({ rule: 'name', verdict: `"${name}" is no name of a model`, at: reference.at })
    return undefined
  }
  const address = parseAddress(names, name, 'file')
  const draft = address
    ? atAddress(names, name, address, trace)
    : fromNames(names, name, trace, visited)
  return (
    draft && {
      ...draft,
      steps: draft.steps.map(step => ({
        ...step,
        members: step.members.map(member => adjusted(member, reference, reasoning)),
      })),
    }
  )
}
