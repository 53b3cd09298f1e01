import { GatewayError } from '../../lib/errors.ts'
import { type NameProblem, nameProblem } from '../../lib/files/path-name.ts'
import { splitSuffix } from '../../routing/reasoning-suffix.ts'
import type { RoutingTable } from '../../routing/table.ts'

/** Most names: words with slashes between them, in which `mustBeName` would find nothing. */
export const PLAIN_NAME = /^(?=.{1,256}$)\w[\w.:@+-]*(?:\/\w[\w.:@+-]*)*$/

/**
 * Refuses a name that would be more than a name in an upstream's path: `small/../big` would pass a
 * key limited to `small*` and ask for the other model. Throws `invalid-request`.
 */
export function mustBeName(table: Pick<RoutingTable, 'listed' | 'providers'>, asked: string): void {
  const problem = askedNameProblem(table, asked)
  if (!problem) return
  const words = `model: ${problem.text}; send a name that GET /v1/models lists`
  throw new GatewayError('invalid-request', words, { param: 'model' })
}

/** Undefined: the name may be asked for, as far as its form goes. */
export function askedNameProblem(
  { listed, providers }: Pick<RoutingTable, 'listed' | 'providers'>,
  asked: string,
): NameProblem | undefined {
  const problem = nameProblem(asked) ?? nameProblem(splitSuffix(asked).name)
  if (problem?.type !== 'empty-segment') return problem
  // Servers of one's own may call a model by the path of its file: /models/llama.
  const known =
    listed.some(({ id }) => id === asked) ||
    [...providers.values()].some(({ id, models }) =>
      models.some(({ alias }) => `${id}/${alias}` === asked),
    )
  return known ? undefined : problem
}
