import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { CLIENTS, isClient } from '../config/index.ts'
import type { RoutingTable } from '../config/table.ts'
import { parseCount } from '../config/values.ts'
import { ABILITIES, type Ability } from '../conversation/index.ts'
import { createPool } from '../credentials/pool.ts'
import { createDensities } from '../gateway/density.ts'
import { type Explanation, explain, explanationText, type Supposed } from '../gateway/explain.ts'
import { createLatencies } from '../gateway/latency.ts'
import { createLearned } from '../gateway/learned.ts'
import { codecs } from '../protocols/index.ts'
import { createKept, createMemoryKept, keptFolder } from '../store/kept.ts'
import { type Read, readArguments } from './arguments.ts'
import { compiledRoutes } from './compiled-file.ts'
import type { Io } from './io.ts'

const HELP = `usage: jackfield explain NAME [--routes FILE] [--json] [conditions]

Prints how a model name resolves, rule by rule, with the line of each, who would be tried now in
which order with which credential, and why others are passed over or rest. Exit code 1 when the name
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

type Values = Extract<Read<typeof OPTIONS>, { values: unknown }>['values']

export async function run(args: readonly string[], io: Io): Promise<number> {
  const asked = readArguments(
    { name: 'explain', help: HELP, options: OPTIONS, positionals: true },
    args,
    io,
  )
  if ('exit' in asked) return asked.exit
  const { values, positionals } = asked
  let given: Supposed
  try {
    given = factsFrom(values)
  } catch (error) {
    io.stderr(`jackfield explain: ${error instanceof Error ? error.message : error}\n${HELP}`)
    return 1
  }
  const [name] = positionals
  if (!name) {
    io.stderr(`jackfield explain: which name?\n${HELP}`)
    return 1
  }
  const file = values.routes ?? 'routes.yaml'
  const table = compiledRoutes('explain', values.routes, 'give another --routes', io)
  if (!table) return 1
  const explanation = await explained(table, name, given, io)
  io.stdout(
    values.json ? `${JSON.stringify(explanation, null, 2)}\n` : explanationText(file, explanation),
  )
  return explanation.found ? 0 : 1
}

/** With the rests that this user's gateway keeps. */
async function explained(
  table: RoutingTable,
  name: string,
  given: Supposed,
  io: Io,
): Promise<Explanation> {
  const now = Date.now
  const folder = keptFolder(io.env)
  const kept = existsSync(join(folder, 'kept.sqlite'))
    ? createKept({ folder, now, warn: message => io.stderr(`${message}\n`) })
    : createMemoryKept(now)
  const pool = createPool({ now, random: () => 0, kept })
  pool.reconcile(
    [...table.providers.values()].flatMap(({ credentials }) => [...credentials]),
    table.policy,
  )
  const surroundings = {
    pool,
    turns: new Map(),
    latencies: createLatencies(now),
    learned: createLearned(now),
    densities: createDensities(),
  }
  try {
    return await explain(table, surroundings, name, given)
  } finally {
    kept.close()
  }
}

/** Throws for a value that no request could have. */
function factsFrom(values: Values): Supposed {
  const { client, protocol, hour } = values
  if (client !== undefined && !isClient(client))
    throw new Error(`--client ${client}: expected one of ${CLIENTS.join(', ')}`)
  const spoken = codecs.find(codec => codec.protocol === protocol)?.protocol
  if (protocol !== undefined && !spoken)
    throw new Error(
      `--protocol ${protocol}: expected one of ${codecs.map(codec => codec.protocol).join(', ')}`,
    )
  if (hour !== undefined && !/^([01]?\d|2[0-3])$/.test(hour))
    throw new Error(`--hour ${hour}: expected 0 to 23`)
  const tokens = values['input-tokens']
  const inputTokens = parseCount(tokens)
  if (tokens !== undefined && inputTokens === undefined)
    throw new Error(`--input-tokens ${tokens}: expected a count such as 200k`)
  return {
    ...(client === undefined ? {} : { client }),
    ...(spoken ? { protocol: spoken } : {}),
    ...(values.key === undefined ? {} : { key: values.key }),
    ...(hour === undefined ? {} : { hour: Number(hour) }),
    ...(inputTokens === undefined ? {} : { inputTokens }),
    ...(values.header ? { headers: headersFrom(values.header) } : {}),
    ...(values.tool ? { tools: values.tool } : {}),
    ...(values.needs ? { needs: needsFrom(values.needs) } : {}),
    thinking: values.thinking === true,
    images: values.images === true,
    stream: values['no-stream'] !== true,
  }
}

function needsFrom(written: readonly string[]): Ability[] {
  return written
    .flatMap(one => one.split(','))
    .map(one => {
      const ability = ABILITIES.find(known => known === one)
      if (!ability) throw new Error(`--needs ${one}: expected some of ${ABILITIES.join(', ')}`)
      return ability
    })
}

function headersFrom(written: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    written.map(one => {
      const at = one.indexOf('=')
      if (at < 1) throw new Error(`--header ${one}: expected NAME=VALUE`)
      return [one.slice(0, at).toLowerCase(), one.slice(at + 1)]
    }),
  )
}
