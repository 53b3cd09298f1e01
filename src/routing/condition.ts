import type { Facts } from './facts.ts'

/** A compiled `when`. Conditions that ask for less are asked first. */
export type Condition = {
  holds(facts: Facts): boolean
  /** As it is called in `explain`. */
  text: string
}
