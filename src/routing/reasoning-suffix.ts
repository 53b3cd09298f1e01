import { didYouMean } from '../lib/nearest.ts'
import type { Reasoning } from './table.ts'

const LEVELS = ['none', 'auto', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const

/** What stands in brackets behind a name and is no level and no number; undefined: nothing such. */
export function unknownLevel(text: string): { written: string; hint: string } | undefined {
  const found = /^.+\(([^()]*)\)$/.exec(text)
  if (!found || splitSuffix(text).reasoning) return undefined
  const written = (found[1] ?? '').trim()
  const hint = didYouMean(written, LEVELS) ?? `write one of ${LEVELS.join(', ')}, or a number`
  return { written, hint }
}

/**
 * Takes a reasoning suffix off: `name(high)`, `name(8192)`, `name(none)`, `name(auto)`. What else
 * stands in the brackets is taken off and ignored.
 */
export function splitSuffix(text: string): { name: string; reasoning?: Reasoning } {
  const found = /^(.+)\(([^()]*)\)$/.exec(text)
  if (!found) return { name: text }
  const name = (found[1] ?? '').trim()
  const value = (found[2] ?? '').trim().toLowerCase()
  if (value === '-1') return { name, reasoning: { effort: 'auto' } }
  if (/^\d+$/.test(value))
    return {
      name,
      reasoning: Number(value) === 0 ? { effort: 'none' } : { budgetTokens: Number(value) },
    }
  const effort = LEVELS.find(level => level === value)
  return effort ? { name, reasoning: { effort } } : { name }
}
