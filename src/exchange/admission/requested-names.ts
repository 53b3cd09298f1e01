import type { Facts } from '../../routing/facts.ts'

/** Keeps who asked for what, once each, so that a plan for new routes can try it. */
export interface RequestedNames {
  note(facts: Facts): void
}
