import type { JsonEdit } from '../lib/json/json-edit.ts'
import type { Path } from '../lib/path.ts'
import type { Condition } from './condition.ts'
import type { Glob } from './glob.ts'
import type { Place, PoolStrategy, Timeouts } from './table.ts'

export type Section = 'models' | 'aliases' | 'force'

/** One member of a destination, as written. */
export type Reference = {
  text: string
  at: Place
  path: Path
  weight: number
  /** Those that are written beside it. */
  timeouts: Partial<Timeouts>
}
/** A fallback step as written: one reference, or several that share the load. */
export type StepSource = { references: Reference[]; pooled: boolean; when?: Condition; at: Place }

/** An entry of one of the three name sections. */
export type Entry = {
  section: Section
  name: string
  /** Present when the name is a pattern. */
  glob?: Glob
  steps: StepSource[]
  strategy?: PoolStrategy
  /** Absent: the entry leaves it open. */
  reportModel?: 'asked' | 'served'
  /** The entry takes a name only while this holds. */
  when?: Condition
  /** Changes to the request. */
  edits: readonly JsonEdit[]
  description?: string
  contextTokens?: number
  path: Path
  at: Place
  /** `models.coder`, `force."gpt-5*"`: how it is called in messages. */
  title: string
}

/** How a pool shares its load unless the file says otherwise. */
export const POOL_STRATEGY: PoolStrategy = 'round-robin'

/** Whether an entry stands for exactly one destination, always. */
export function isOtherName({ steps }: Entry): boolean {
  return steps.length === 1 && steps[0]?.references.length === 1 && steps[0].when === undefined
}
