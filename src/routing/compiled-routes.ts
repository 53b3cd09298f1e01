import type { Facts } from './facts.ts'
import { isExact, type Names } from './names.ts'
import { resolveName } from './resolve.ts'
import type { Resolution } from './table.ts'

/** Where a name leads: always the same way, or by the facts of each request. */
type CompiledRoute = Resolution | ((facts: Facts | undefined) => Resolution)

/** Names that match a glob, addresses and suffixes: clients make them up, so few are remembered. */
const MAX_MADE_UP = 2_000

/**
 * The one structure that serving, `explain`, lists and checks read. An exact name is compiled once
 * and stays. A name that clients make up is compiled when it is asked for, and forgotten once
 * enough others were asked for since.
 */
export function compileRoutes(names: Names): (asked: string, facts?: Facts) => Resolution {
  const exact = new Map<string, CompiledRoute>()
  const madeUp = new Map<string, CompiledRoute>()

  function recall(asked: string): CompiledRoute | undefined {
    const route = madeUp.get(asked)
    if (route === undefined) return undefined
    // The last one is the latest.
    madeUp.delete(asked)
    madeUp.set(asked, route)
    return route
  }

  function remember(asked: string, route: CompiledRoute): void {
    if (isExact(names, asked)) {
      exact.set(asked, route)
      return
    }
    const oldest = madeUp.keys().next()
    if (madeUp.size >= MAX_MADE_UP && !oldest.done) madeUp.delete(oldest.value)
    madeUp.set(asked, route)
  }

  return (asked, facts) => {
    const known = exact.get(asked) ?? recall(asked)
    if (known) return typeof known === 'function' ? known(facts) : known
    const { resolution, conditional } = resolveName(names, asked, facts)
    const decide: CompiledRoute = facts => resolveName(names, asked, facts).resolution
    remember(asked, conditional ? decide : resolution)
    return resolution
  }
}
