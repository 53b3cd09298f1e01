import { CLIENTS } from '../../config/index.ts'
import { ABILITIES } from '../../conversation/index.ts'
import {
  type Explanation,
  explain,
  explanationText,
  type HypotheticalRequest,
} from '../../gateway/explain.ts'
import { parseHypothetical } from '../../gateway/hypothetical.ts'
import { credentialsOf } from '../../gateway/in-force.ts'
import { reasonOf } from '../../lib/thrown.ts'
import type { RoutingTable } from '../../routing/table.ts'
import { command } from '../arguments.ts'
import { idleServices } from '../idle-services.ts'
import { compiledRoutes } from '../load-routes.ts'
import { openState } from '../local-state.ts'
import { defaultRoutes } from '../routes-location.ts'
import { type Io, refuse } from '../terminal.ts'

const HELP = `usage: jackfield explain NAME [--routes FILE] [--json] [conditions]

Prints how a model name resolves, rule by rule, with the line of each, who would be tried now in
which order with which credential, and why others are passed over or cool down. Exit code 1 when the name
leads nowhere.

conditions: what "when" may ask about a request
  --client NAME        ${CLIENTS.join(', ')}
  --protocol NAME      anthropic, openai-chat, openai-responses, gemini
  --key NAME           the name of an API key
  --header NAME=VALUE  more than once for several
  --input-tokens N     such as 200k (1k)
  --tool NAME          more than once for several
  --hour N             0 to 23 (12)
  --thinking, --images, --no-stream

what a request needs of who answers it (--images and --tool count, too)
  --needs NAME         ${ABILITIES.join(', ')}
`

const OPTIONS = {
  routes: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  client: { type: 'string' },
  protocol: { type: 'string' },
  key: { type: 'string' },
  header: { type: 'string', multiple: true },
  'input-tokens': { type: 'string' },
  tool: { type: 'string', multiple: true },
  hour: { type: 'string' },
  needs: { type: 'string', multiple: true },
  thinking: { type: 'boolean' },
  images: { type: 'boolean' },
  'no-stream': { type: 'boolean' },
} as const

const USAGE = {
  name: 'explain',
  help: HELP,
  options: OPTIONS,
  argument: 'name',
  required: true,
} as const

export const run = command(USAGE, async ({ values, positionals }, io) => {
  let given: HypotheticalRequest
  try {
    given = parseHypothetical(
      { ...values, stream: values['no-stream'] !== true },
      name => `--${name}`,
    )
  } catch (error) {
    return refuse('explain', reasonOf(error), io, HELP)
  }
  const [name = ''] = positionals
  const file = values.routes ?? defaultRoutes(io)
  const table = compiledRoutes('explain', values.routes, 'give another --routes', io)
  if (!table) return 1
  const explanation = await explained(table, name, given, io)
  io.stdout(
    values.json ? `${JSON.stringify(explanation, null, 2)}\n` : explanationText(file, explanation),
  )
  return explanation.found ? 0 : 1
})

/** With the cooldowns that the gateway of this user has stored. */
async function explained(
  table: RoutingTable,
  name: string,
  given: HypotheticalRequest,
  io: Io,
): Promise<Explanation> {
  const state = openState(io)
  const services = idleServices(io, state)
  services.pool.reconcile(credentialsOf({ table, services }), table.policy)
  try {
    return await explain(table, services, name, given)
  } finally {
    state?.close()
  }
}
