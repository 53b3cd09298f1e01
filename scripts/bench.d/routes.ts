/** Prints how long `routes.yaml` takes to compile, and a name to resolve, as the file grows. */

import { compileTable } from '../../src/config/index.ts'
import { kinds } from '../../src/providers/index.ts'
import { sampleFacts } from '../../src/routing/facts.ts'
import type { RoutingTable } from '../../src/routing/table.ts'

const SIZES = [10, 1_000, 10_000]
const PROVIDERS = 10
/** Of each hundred models the one that has a condition. */
const CONDITION_AT = 7

/** Every third model has an alias, a quarter fall back, one in a hundred has a condition. */
function routes(models: number): string {
  const lines = ['version: 1', 'providers:']
  for (let at = 0; at < PROVIDERS; at++)
    lines.push(
      `  p${at}: { kind: openai-compatible, base-url: "http://127.0.0.1:9/v1", keys: [ k${at} ] }`,
    )
  lines.push('models:')
  for (let at = 0; at < models; at++) {
    const target = `p${at % PROVIDERS}/upstream-${at}`
    const fallback = at % 4 === 0 ? `[ ${target}, p${(at + 1) % PROVIDERS}/spare ]` : target
    lines.push(
      at % 100 === CONDITION_AT
        ? `  model-${at}: { to: [ { to: p0/long, when: { input-tokens: "> 100k" } }, ${target} ] }`
        : `  model-${at}: ${fallback}`,
    )
  }
  lines.push('aliases:')
  for (let at = 0; at < models; at += 3) lines.push(`  alias-${at}: model-${at}`)
  return `${lines.join('\n')}\n`
}

function compiled(text: string): RoutingTable {
  const result = compileTable('routes.yaml', text, {
    env: {},
    kinds,
    readFile: () => {
      throw new Error('no files here')
    },
  })
  if (!result.ok) throw new Error(result.diagnostics.map(({ message }) => message).join('\n'))
  return result.value
}

const median = (values: number[]): number =>
  values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN

function compileMs(text: string): number {
  const took = [0, 1, 2, 3, 4].map(() => {
    const began = performance.now()
    compiled(text)
    return performance.now() - began
  })
  return median(took)
}

/** Plain names and aliases from all over the file. */
function namesIn(models: number): string[] {
  return Array.from({ length: 64 }, (_, at) => {
    const index = Math.floor((at * models) / 64)
    if (at % 4 === 0) return `alias-${index - (index % 3)}`
    return `model-${index % 100 === CONDITION_AT ? index - 1 : index}`
  })
}

/** ns per name, each asked in turn. */
function resolveNs(table: RoutingTable, names: readonly string[]): number {
  const facts = sampleFacts('model-0')
  const took: number[] = []
  for (let round = 0; round < 50; round++) {
    const began = performance.now()
    for (let at = 0; at < 200; at++) for (const name of names) table.resolve(name, facts)
    took.push(((performance.now() - began) * 1e6) / (200 * names.length))
  }
  return median(took)
}

function measured(models: number) {
  const text = routes(models)
  const table = compiled(text)
  return {
    models,
    compile: compileMs(text),
    resolve: resolveNs(table, namesIn(models)),
    conditional: resolveNs(table, [`model-${CONDITION_AT}`]),
  }
}

// The first one would pay for the compiler's warming up.
measured(500)
const rows = SIZES.map(measured)
const first = rows[0]
console.log(
  'models | compile | per model | resolve a name | one with a condition | ratio to the smallest file | aim |',
)
for (const { models, compile, resolve, conditional } of rows) {
  const ratio = first
    ? Math.max(resolve / first.resolve, conditional / first.conditional)
    : Number.NaN
  console.log(
    `${models} | ${compile.toFixed(1)} ms | ${((compile * 1_000) / models).toFixed(0)} µs | ${resolve.toFixed(0)} ns | ${conditional.toFixed(0)} ns | ${ratio.toFixed(2)} | ≤ 2 | ${ratio <= 2 ? 'ok' : 'MISS'}`,
  )
}
