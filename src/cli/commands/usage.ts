import { reasonOf } from '../../lib/thrown.ts'
import {
  GROUPINGS,
  type Grouping,
  groupUsage,
  sumUsage,
  type UsageGroup,
} from '../../observability/usage/report.ts'
import { PRICES_FROM } from '../../providers/pricing/prices.ts'
import { dataFolder } from '../../store/data-folder.ts'
import { UnusableStore } from '../../store/sqlite.ts'
import { readUsage, type UsageRow } from '../../store/usage.ts'
import { command } from '../arguments.ts'
import { columns } from '../columns.ts'
import { refuse } from '../terminal.ts'

const HELP = `usage: jackfield usage [--days N] [--by key|model|provider|day] [--json]

Says what was used and what it cost, as the gateway of this user counted it, also while that runs.
Days are those of UTC. A failed attempt counts where it failed, also if another one then served.

  --days N   today and the days before it (30)
  --by WHAT  key, model, provider or day (model)
  --json     the same as JSON
`

const OPTIONS = {
  days: { type: 'string' },
  by: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

const DAYS = 30
const DAY_MS = 86_400_000

const USAGE = { name: 'usage', help: HELP, options: OPTIONS } as const

export const run = command(USAGE, ({ values }, io) => {
  const { days = String(DAYS), by = 'model', json } = values
  if (!/^[1-9]\d{0,4}$/.test(days))
    return refuse('usage', `--days ${days}: expected a whole number from 1`, io)
  if (!isGrouping(by)) return refuse('usage', `--by ${by}: expected ${GROUPINGS.join(', ')}`, io)
  const from = Math.floor(Date.now() / DAY_MS) - Number(days) + 1
  const folder = dataFolder(io.env)
  let rows: UsageRow[] | undefined
  try {
    rows = readUsage(folder, from * 24)
  } catch (error) {
    return refuse('usage', whyNot(error, folder), io)
  }
  const groups = groupUsage(rows ?? [], by)
  const total = sumUsage('total', rows ?? [])
  const since = new Date(from * DAY_MS).toISOString().slice(0, 10)
  if (json) io.stdout(`${JSON.stringify(asJson(since, by, groups, total), null, 2)}\n`)
  else io.stdout(rows ? asText(since, by, groups, total) : nothingIn(folder))
  return 0
})

function whyNot(error: unknown, folder: string): string {
  if (error instanceof UnusableStore) return error.message
  const reason = reasonOf(error)
  return `usage.sqlite in ${folder} cannot be read (${reason}); if it is damaged, the gateway sets it aside with the next request`
}

function isGrouping(text: string): text is Grouping {
  return GROUPINGS.some(grouping => grouping === text)
}

function nothingIn(folder: string): string {
  return `nothing is counted yet in ${folder}; a gateway counts there what it serves, unless routes.yaml says usage: { enabled: false }\n`
}

/** An unknown amount is null, and never 0. */
function asJson(
  since: string,
  by: Grouping,
  groups: readonly UsageGroup[],
  total: UsageGroup,
): object {
  const known = (group: UsageGroup): object => ({ ...group, usd: group.usd ?? null })
  return {
    since,
    by,
    groups: groups.map(known),
    total: known(total),
    prices: { from: `${PRICES_FROM.package} ${PRICES_FROM.version}`, asOf: PRICES_FROM.date },
  }
}

function asText(
  since: string,
  by: Grouping,
  groups: readonly UsageGroup[],
  total: UsageGroup,
): string {
  const title = `since ${since} (UTC)`
  if (groups.length === 0) return `${title}: nothing was used\n`
  const head = [by, 'served', 'failed', 'input', 'cache read', 'cache write', 'output', 'USD']
  const lines = columns([head, ...[...groups, total].map(cells)], 'right')
  const unknown =
    total.unpriced > 0
      ? [
          `unknown price: ${count(total.unpriced)} requests, not in the sums: what the model costs is not known (routes.yaml may say it)`,
        ]
      : []
  const estimated =
    total.estimated > 0
      ? [
          `estimated: ${count(total.estimated)} requests, whose usage the upstream did not report to the end (${count(total.cancelled)} were cancelled by the client)`,
        ]
      : []
  const prices = `prices as of ${PRICES_FROM.date} (${PRICES_FROM.package} ${PRICES_FROM.version}), or as routes.yaml has them`
  return `${[title, '', ...lines, '', ...unknown, ...estimated, prices].join('\n')}\n`
}

function cells(group: UsageGroup): string[] {
  const { name, served, failed, fresh, cacheRead, cacheWrite, output, usd } = group
  const counts = [served, failed, fresh, cacheRead, cacheWrite, output].map(count)
  return [name, ...counts, usd === undefined ? 'unknown' : usd.toFixed(4)]
}

function count(value: number): string {
  return value.toLocaleString('en-US')
}
