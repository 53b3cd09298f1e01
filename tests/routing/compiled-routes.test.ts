import { describe, expect, test } from 'bun:test'
import { compileTable } from '../../src/config/index.ts'
import { kinds } from '../../src/providers/index.ts'
import { sampleFacts } from '../../src/routing/facts.ts'
import type { RoutingTable } from '../../src/routing/table.ts'
import { targetName } from '../../src/routing/target-name.ts'

const FILE = `version: 1
providers:
  a: { kind: openai-compatible, base-url: http://localhost:1/v1, keys: [ k ], models: [ x, y ] }
models:
  exact: a/x
  chosen: [ { when: { client: codex }, to: a/y }, a/x ]
aliases:
  "glob-*": a/x
  "by-*": [ { when: { client: codex }, to: a/y }, a/x ]
`

function table(): RoutingTable {
  const readFile = () => {
    throw new Error('no files in this test')
  }
  const compiled = compileTable('routes.yaml', FILE, { env: {}, readFile, kinds })
  if (!compiled.ok) throw new Error(compiled.diagnostics.map(({ message }) => message).join())
  return compiled.value
}

function leadsTo({ resolve }: RoutingTable, asked: string, client?: 'codex'): string[] {
  const resolution = resolve(asked, sampleFacts(asked, { client }))
  if (!resolution.found) return []
  return resolution.route.steps.flatMap(({ members }) => members.map(targetName))
}

/** More than are remembered. */
const OTHERS = Array.from({ length: 2_500 }, (_, index) => `glob-${index}`)

describe('a name is resolved once', () => {
  test.each(['exact', 'x', 'glob-1', 'a/x', 'exact(high)', 'nothing'])('%s', asked => {
    const { resolve } = table()
    expect(resolve(asked, sampleFacts(asked))).toBe(resolve(asked))
  })

  test('an exact one for good, another until many others were asked for', () => {
    const { resolve } = table()
    const exact = resolve('exact')
    const early = resolve('glob-early')
    const used = resolve('glob-used')
    for (const name of OTHERS) {
      resolve(name)
      resolve('glob-used')
    }
    expect(resolve('exact')).toBe(exact)
    expect(resolve('glob-used')).toBe(used)
    expect(resolve('glob-early')).not.toBe(early)
    expect(resolve('glob-early')).toEqual(early)
  })
})

test.each(['chosen', 'by-name'])('conditions are asked for every request: %s', asked => {
  const compiled = table()
  for (let time = 0; time < 2; time++) {
    expect(leadsTo(compiled, asked)).toEqual(['a/x'])
    expect(leadsTo(compiled, asked, 'codex')).toEqual(['a/y', 'a/x'])
  }
})
