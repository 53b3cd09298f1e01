import type { Addressed } from './address.ts'
import type { Reference } from './entry.ts'
import type { Names } from './names.ts'
import type { ModelFacts, Provider, Reasoning, Route, Step, Target } from './table.ts'
import { targetName } from './target-name.ts'

/** A route on its way: off providers' targets still in it. */
export type Draft = {
  name: string
  steps: Step[]
  reportModel?: Route['reportModel'] | undefined
  edits: Route['edits']
}

/** A suffix nearer to the target wins. */
export function adjusted(
  member: Target,
  reference: Reference,
  reasoning: Reasoning | undefined,
): Target {
  return {
    ...member,
    weight: member.weight * reference.weight,
    timeouts: { ...member.timeouts, ...reference.timeouts },
    at: reference.at,
    ...(reasoning && !member.reasoning ? { reasoning } : {}),
  }
}

function targetAt({ provider, model }: Addressed): Target {
  return {
    provider,
    model,
    facts: factsOf(provider, model),
    weight: 1,
    timeouts: provider.timeouts,
    at: provider.at,
  }
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
export function poolSteps({ strategy }: Names, id: string, meant: readonly Addressed[]): Step[] {
  const [only] = meant
  if (only && meant.length === 1) return [{ id, strategy: 'fill-first', members: [targetAt(only)] }]
  const tiers = Map.groupBy(meant, ({ provider }) => provider.priority)
  return [...tiers]
    .sort(([a], [b]) => b - a)
    .map(([priority, tier]) => ({
      id: `${id}.${priority}`,
      strategy,
      members: tier.map(targetAt),
    }))
}

/**
 * Leaves out who cannot serve and says why. `echo` never answers in place of a real provider: in
 * company it stays only while no real one can be used at all.
 */
export function finished(names: Names, draft: Draft, asked: Reasoning | undefined): Route {
  const all = draft.steps.flatMap(step => step.members)
  const alone = all.every(({ provider }) => provider.kind.standIn === true)
  const passedOver: Route['passedOver'][number][] = []
  const serves = (target: Target): boolean => {
    const { provider } = target
    const reason =
      provider.off ??
      (provider.kind.standIn && !alone && !names.echoStandsIn
        ? 'echo does not stand in for a real provider'
        : undefined)
    if (reason) passedOver.push({ target: targetName(target), reason, at: provider.at })
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
  const { name, reportModel = 'asked', edits } = draft
  return { name, steps, reportModel, edits, passedOver }
}
