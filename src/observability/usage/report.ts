import type { RowName, UsageRow } from '../../store/usage.ts'

export const GROUPINGS = ['key', 'model', 'provider', 'day'] as const
export type Grouping = (typeof GROUPINGS)[number]

/** What was used under one name: an API key's, a target's, a provider's or a day's. */
export type UsageGroup = Omit<UsageRow, RowName | 'requests' | 'failures' | 'ms' | 'usd'> & {
  name: string
  served: number
  failed: number
  /** On average, from the client's request to the end of the answer; absent: nothing was served. */
  ms?: number
  /** Of what has a known price; absent: nothing has. */
  usd?: number
}

const NAME: Record<Grouping, (row: UsageRow) => string> = {
  key: ({ caller }) => caller,
  model: ({ provider, model }) => `${provider}/${model}`,
  provider: ({ provider }) => provider,
  day: ({ hour }) => new Date(hour * 3_600_000).toISOString().slice(0, 10),
}

/** Days in their order, everything else with the most expensive first. */
export function groupUsage(rows: readonly UsageRow[], by: Grouping): UsageGroup[] {
  const groups = [...Map.groupBy(rows, NAME[by])].map(([name, group]) => sumUsage(name, group))
  return groups.sort((a, b) =>
    by === 'day'
      ? a.name.localeCompare(b.name)
      : (b.usd ?? 0) - (a.usd ?? 0) || tokens(b) - tokens(a) || a.name.localeCompare(b.name),
  )
}

export function sumUsage(name: string, rows: readonly UsageRow[]): UsageGroup {
  const sum = (
    member: Exclude<keyof UsageRow, 'caller' | 'asked' | 'provider' | 'model'>,
  ): number => rows.reduce((total, row) => total + row[member], 0)
  const failed = sum('failures')
  const served = sum('requests') - failed
  const unpriced = sum('unpriced')
  return {
    name,
    served,
    failed,
    fresh: sum('fresh'),
    cacheRead: sum('cacheRead'),
    cacheWrite: sum('cacheWrite'),
    output: sum('output'),
    reasoning: sum('reasoning'),
    losses: sum('losses'),
    ...(served > 0 ? { ms: sum('ms') / served } : {}),
    ...(served === 0 || unpriced < served ? { usd: sum('usd') } : {}),
    unpriced,
    cancelled: sum('cancelled'),
    estimated: sum('estimated'),
  }
}

function tokens({ fresh, cacheRead, cacheWrite, output }: UsageGroup): number {
  return fresh + cacheRead + cacheWrite + output
}
