import type { RoutingTable } from '../../routing/table.ts'

/** Upstreams may list hundreds, and every endpoint repeats them; the file's own come first. */
const MAX_SHOWN = 50

/** The models that a snapshot lists, as the documentation names them. */
export function listedNames({ listed }: Pick<RoutingTable, 'listed'>): {
  shown: string[]
  text: string
} {
  const shown = listed.slice(0, MAX_SHOWN).map(({ id }) => id)
  const more = listed.length > MAX_SHOWN ? ' and others, listed at /v1/models' : ''
  return { shown, text: `${shown.join(', ')}${more}` }
}
