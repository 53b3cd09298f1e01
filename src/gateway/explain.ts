import type { Ability, Needs } from '../conversation/index.ts'
import type { CredentialVerdict } from '../credentials/pool.ts'
import type { KeyLimits } from '../credentials/quotas.ts'
import { askedNameProblem } from '../exchange/admission/asked-name.ts'
import { type CapabilityQuery, missingCapability } from '../exchange/failover/capabilities.ts'
import { inOrder } from '../exchange/failover/order.ts'
import type { Services } from '../exchange/services.ts'
import { allowedBy } from '../routing/allowed.ts'
import { type SampleFacts, sampleFacts } from '../routing/facts.ts'
import type { Reasoning, Route, RoutingTable, Step, Target } from '../routing/table.ts'
import { targetName } from '../routing/target-name.ts'

/** One who could serve, and what would become of it now. */
export type Candidate = {
  target: string
  line: number
  weight: number
  reasoning?: string
  verdict: 'asked' | 'asked last' | 'passed over' | 'cooling down'
  /** Why it is not asked in its turn, and the line that says so. */
  reason?: string
  reasonLine?: number
  /** In the order in which they would be tried. */
  credentials: CredentialVerdict[]
}

export type Explanation = {
  asked: string
  found: boolean
  rules: { rule: string; verdict: string; line?: number }[]
  nearest: readonly string[]
  /** In the order in which they would be tried. */
  steps: { strategy: string; targets: Candidate[] }[]
  passedOver: readonly { target: string; reason: string; line: number }[]
}

/** The state that routing reads besides the file. */
export type RoutingState = Pick<
  Services,
  'pool' | 'turns' | 'latencies' | 'learned' | 'tokenEstimator' | 'prices' | 'now'
>

/** A request that is not sent: `explain` and `plan` resolve it. */
export type HypotheticalRequest = Partial<SampleFacts> & { needs?: readonly Ability[] }

/** How a name resolves and which targets would be tried now, by the code that serves. Changes no state. */
export async function explain(
  table: RoutingTable,
  services: RoutingState,
  asked: string,
  given: HypotheticalRequest = {},
): Promise<Explanation> {
  const problem = askedNameProblem(table, asked)
  if (problem)
    return {
      ...{ asked, found: false, nearest: [], steps: [], passedOver: [] },
      rules: [{ rule: '0 name', verdict: `refused: ${problem.text}` }],
    }
  const facts = sampleFacts(asked, given)
  const resolution = table.resolve(asked, facts)
  const rules = resolution.trace.map(({ rule, verdict, at }) => ({
    rule,
    verdict,
    ...(at ? { line: at.line } : {}),
  }))
  const refused = refusedKey(table, given.key, asked)
  const empty = { asked, found: false, rules, nearest: [], steps: [], passedOver: [] }
  if (refused) return { ...empty, rules: [refused] }
  if (!resolution.found) return { ...empty, nearest: resolution.nearest }
  const { route } = resolution
  const limits = table.apiKeys.find(({ name }) => name === facts.key)?.limits
  if (limits?.usdPerDay !== undefined) await services.prices.prepare()
  const query = hypotheticalQuery(services, route, facts, given, limits)
  const turns = new Map([...services.turns].map(([id, scores]) => [id, new Map(scores)]))
  const steps = await Promise.all(
    route.steps.map(async step => ({
      strategy: step.members.length > 1 ? step.strategy : 'single',
      targets: await Promise.all(
        inOrder(step, turns, undefined, services.latencies).map(target =>
          candidateOf(target, step, query, services),
        ),
      ),
    })),
  )
  return { asked, found: true, rules, nearest: [], steps, passedOver: passedOver(route) }
}

function passedOver({ passedOver }: Route): Explanation['passedOver'] {
  return passedOver.map(({ target, reason, at }) => ({ target, reason, line: at.line }))
}

function refusedKey({ apiKeys }: RoutingTable, name: string | undefined, asked: string) {
  const key = apiKeys.find(candidate => candidate.name === name)
  if (!key?.models || allowedBy(key.models)(asked)) return undefined
  const verdict = `the key "${key.name}" may only ask for ${key.models.join(', ')}`
  return { rule: 'api-keys', verdict, ...(key.at ? { line: key.at.line } : {}) }
}

const BYTES_PER_TOKEN = 4

function hypotheticalQuery(
  services: RoutingState,
  route: Route,
  facts: ReturnType<typeof sampleFacts>,
  given: HypotheticalRequest,
  limits: KeyLimits | undefined,
): CapabilityQuery {
  const must = new Set<Ability>(given.needs ?? [])
  if (facts.images()) must.add('images')
  if (facts.tools().length > 0) must.add('tools')
  const needs: Needs = { must, wish: new Set(), serverTools: [] }
  const tokens = facts.inputTokens(0)
  return {
    action: 'generate',
    codec: { protocol: facts.protocol },
    caller: { name: facts.key, limits },
    gateway: { services },
    headers: new Headers(given.headers),
    body: {
      bytes: { length: tokens * BYTES_PER_TOKEN },
      needs: async () => needs,
      inputTokens: async () => tokens,
    },
    route,
  }
}

async function candidateOf(
  target: Target,
  step: Step,
  query: CapabilityQuery,
  { pool }: RoutingState,
): Promise<Candidate> {
  const { provider, model, weight, reasoning, at } = target
  const missing = await missingCapability(query, target)
  const credentials = pool.verdicts(provider.id, model)
  const coolingDown = credentials.every(({ able }) => !able)
  return {
    target: targetName(target),
    line: at.line,
    weight: step.strategy === 'weighted' ? weight : 1,
    ...(reasoning ? { reasoning: spelled(reasoning) } : {}),
    ...(missing
      ? {
          verdict: missing.must ? 'passed over' : 'asked last',
          reason: missing.reason,
          reasonLine: missing.line,
        }
      : { verdict: coolingDown ? 'cooling down' : 'asked' }),
    credentials,
  }
}

function spelled(reasoning: Reasoning): string {
  return 'effort' in reasoning ? reasoning.effort : `${reasoning.budgetTokens} tokens`
}

export function explanationText(file: string, explanation: Explanation): string {
  const lines = [`${explanation.asked}`]
  for (const { rule, verdict, line } of explanation.rules)
    lines.push(`  ${rule}: ${verdict}${line ? ` (${file}:${line})` : ''}`)
  if (!explanation.found) {
    const { nearest } = explanation
    lines.push(`not found${nearest.length > 0 ? `; nearest: ${nearest.join(', ')}` : ''}`)
    return `${lines.join('\n')}\n`
  }
  lines.push(
    explanation.steps.length > 0 ? 'tried in this order:' : 'no provider can serve this now',
  )
  for (const [index, { strategy, targets }] of explanation.steps.entries())
    for (const candidate of targets)
      lines.push(...candidateLines(file, index + 1, strategy, candidate))
  for (const { target, reason, line } of explanation.passedOver)
    lines.push(`  passed over: ${target}: ${reason} (${file}:${line})`)
  return `${lines.join('\n')}\n`
}

function candidateLines(
  file: string,
  place: number,
  strategy: string,
  { target, weight, reasoning, verdict, reason, reasonLine, credentials, line }: Candidate,
): string[] {
  const share =
    strategy === 'single' ? '' : ` [${strategy}${weight === 1 ? '' : `, weight ${weight}`}]`
  const thinking = reasoning ? ` thinking: ${reasoning}` : ''
  const by = reasonLine === undefined ? '' : `, says line ${reasonLine}`
  const not = verdict === 'asked' ? '' : `, ${verdict}${reason ? `: ${reason}${by}` : ''}`
  return [
    `  ${place}. ${target}${share}${thinking}${not} (${file}:${line})`,
    ...(verdict === 'passed over'
      ? []
      : credentials.map(({ credential, reason }) => `       with ${credential}, which ${reason}`)),
  ]
}
