import { PROTOCOLS } from '../../conversation/index.ts'
import { didYouMean } from '../../lib/nearest.ts'
import type { Path } from '../../lib/path.ts'
import type { Condition } from '../../routing/condition.ts'
import { CLIENTS, type Facts } from '../../routing/facts.ts'
import { compileGlob } from '../../routing/glob.ts'
import { splitSuffix } from '../../routing/reasoning-suffix.ts'
import type { Report } from '../diagnostics/report.ts'
import type { WhenEntry } from '../schema/routes.ts'
import { parseCount } from '../schema/units.ts'

type Test = (facts: Facts) => boolean

/** `callers`: the names of API keys that there are; absent: they are not known. */
export function readWhen(
  written: WhenEntry | undefined,
  path: Path,
  callers: ReadonlySet<string> | undefined,
  report: Report,
): Condition | undefined {
  if (!written) return undefined
  const tests: Test[] = []
  const among = (name: 'client' | 'protocol', known: readonly string[]): void => {
    const value = written[name]
    if (value === undefined) return
    const wanted = listed(value)
    for (const word of wanted)
      if (!known.includes(word))
        report.error(
          [...path, name],
          `there is no ${name} "${word}"`,
          didYouMean(word, [...known]) ?? `known: ${known.join(', ')}`,
        )
    tests.push(facts => wanted.includes(facts[name]))
  }
  among('client', CLIENTS)
  among('protocol', PROTOCOLS)
  if (written.key !== undefined) {
    const keys = listed(written.key)
    for (const key of keys)
      if (callers && !callers.has(key))
        report.warn(
          [...path, 'key'],
          `never holds: there is no API key named "${key}"`,
          didYouMean(key, callers) ?? `there are: ${[...callers].join(', ')}`,
        )
    tests.push(({ key }) => keys.includes(key))
  }
  if (written.model !== undefined) {
    const globs = listed(written.model).map(compileGlob)
    // With its reasoning suffix or without.
    tests.push(({ model }) =>
      [model, splitSuffix(model).name].some(name => globs.some(glob => glob.match(name))),
    )
  }
  if (written.stream !== undefined) tests.push(({ stream }) => stream === written.stream)
  if (written.hour !== undefined) tests.push(hourTest(written.hour, [...path, 'hour'], report))
  for (const [name, pattern] of Object.entries(written.header ?? {})) {
    const glob = compileGlob(pattern)
    tests.push(facts => {
      const value = facts.header(name)
      return value !== null && glob.match(value) !== undefined
    })
  }
  if (written.tools !== undefined) {
    const globs = listed(written.tools).map(compileGlob)
    tests.push(facts => facts.tools().some(tool => globs.some(glob => glob.match(tool))))
  }
  if (written.thinking !== undefined) tests.push(facts => thinks(facts) === written.thinking)
  if (written.images !== undefined) tests.push(facts => facts.images() === written.images)
  if (written['input-tokens'] !== undefined)
    tests.push(tokensTest(written['input-tokens'], [...path, 'input-tokens'], report))
  return { holds: facts => tests.every(test => test(facts)), text: described(written) }
}

/** The name's suffix overrides the body. */
function thinks(facts: Facts): boolean {
  const { reasoning } = splitSuffix(facts.model)
  if (!reasoning) return facts.thinking()
  return !('effort' in reasoning && reasoning.effort === 'none')
}

function listed(value: string | string[]): string[] {
  return Array.isArray(value) ? value : [value]
}

/** `22-6` goes over midnight; the last hour is not in it. */
function hourTest(written: string | number, path: Path, report: Report): Test {
  const found = /^(\d{1,2})(?:-(\d{1,2}))?$/.exec(String(written).trim())
  const from = Number(found?.[1] ?? 24)
  const to = found?.[2] === undefined ? from + 1 : Number(found[2])
  if (from > 23 || to > 24 || from === to) {
    report.error(
      path,
      `expected hours of the day, not "${written}"`,
      'write it like "9-17" or "22-6"',
    )
    return () => false
  }
  return ({ hour }) => (from <= to ? hour >= from && hour < to : hour >= from || hour < to)
}

const COMPARE: Record<string, (count: number, limit: number) => boolean> = {
  '>': (count, limit) => count > limit,
  '>=': (count, limit) => count >= limit,
  '<': (count, limit) => count < limit,
  '<=': (count, limit) => count <= limit,
}

function tokensTest(written: string, path: Path, report: Report): Test {
  const [, sign = '', amount = ''] = /^\s*(>=|<=|>|<)\s*(\S+)\s*$/.exec(written) ?? []
  const compare = COMPARE[sign]
  const limit = parseCount(amount)
  if (!compare || limit === undefined) {
    report.error(
      path,
      `expected a comparison, not "${written}"`,
      'write it like ">180k" or "<=4k", in quotes',
    )
    return () => false
  }
  return facts => compare(facts.inputTokens(limit), limit)
}

function described(written: WhenEntry): string {
  return Object.entries(written)
    .map(([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join(', ')
}
