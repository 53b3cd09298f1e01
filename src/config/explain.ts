import { type SampleFacts, sampleFacts } from './facts.ts'
import type { RoutingTable, Target } from './table.ts'

export type Explanation = {
  asked: string
  found: boolean
  rules: { rule: string; verdict: string; line?: number }[]
  nearest: readonly string[]
  /** In the order in which they would be tried. */
  steps: {
    strategy: string
    targets: {
      target: string
      weight: number
      reasoning?: string
      credentials: string[]
      line: number
    }[]
  }[]
  passedOver: readonly { target: string; reason: string }[]
}

/** How a name resolves, from the same code that serves. */
export function explain(
  table: RoutingTable,
  asked: string,
  given: Partial<SampleFacts> = {},
): Explanation {
  const resolution = table.resolve(asked, sampleFacts(asked, given))
  const rules = resolution.trace.map(({ rule, verdict, at }) => ({
    rule,
    verdict,
    ...(at ? { line: at.line } : {}),
  }))
  if (!resolution.found)
    return { asked, found: false, rules, nearest: resolution.nearest, steps: [], passedOver: [] }
  const { steps, passedOver } = resolution.route
  return {
    asked,
    found: true,
    rules,
    nearest: [],
    steps: steps.map(step => ({
      strategy: step.members.length > 1 ? step.strategy : 'single',
      targets: step.members.map(explainTarget),
    })),
    passedOver,
  }
}

function explainTarget({ provider, model, weight, reasoning, at }: Target) {
  return {
    target: `${provider.id}/${model}`,
    weight,
    ...(reasoning
      ? { reasoning: 'effort' in reasoning ? reasoning.effort : `${reasoning.budgetTokens} tokens` }
      : {}),
    credentials: provider.credentials.map(({ id }) => id),
    line: at.line,
  }
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
  lines.push(explanation.steps.length > 0 ? 'tried in this order:' : 'nobody can serve this now')
  for (const [index, { strategy, targets }] of explanation.steps.entries()) {
    for (const { target, weight, reasoning, credentials, line } of targets) {
      const share =
        strategy === 'single' ? '' : ` [${strategy}${weight === 1 ? '' : `, weight ${weight}`}]`
      const thinking = reasoning ? ` thinking: ${reasoning}` : ''
      lines.push(
        `  ${index + 1}. ${target}${share}${thinking} with ${credentials.join(', ') || 'no credential'} (${file}:${line})`,
      )
    }
  }
  for (const { target, reason } of explanation.passedOver)
    lines.push(`  passed over: ${target}: ${reason}`)
  return `${lines.join('\n')}\n`
}
