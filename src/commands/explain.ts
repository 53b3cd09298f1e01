import { CLIENTS, explain, explanationText, isClient, type SampleFacts } from '../config/index.ts'
import { parseCount } from '../config/values.ts'
import { codecs } from '../protocols/index.ts'
import { type Read, readArguments } from './arguments.ts'
import { compiledRoutes } from './compiled-file.ts'
import type { Io } from './io.ts'

const HELP = `usage: jackfield explain NAME [--routes FILE] [--json] [conditions]

Prints how a model name resolves, rule by rule, with the line of each, who would be tried in which
order, and why others are passed over. Exit code 1 when the name leads nowhere.

conditions: what "when" may ask about a request
  --client NAME        ${CLIENTS.join(', ')}
  --protocol NAME      anthropic, openai-chat, openai-responses, gemini
  --key NAME           the name of an API key
  --header NAME=VALUE  more than once for several
  --input-tokens N     such as 200k (1k)
  --tool NAME          more than once for several
  --hour N             0 to 23 (12)
  --thinking, --images, --no-stream
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
  let given: Partial<SampleFacts>
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
  const explanation = explain(table, name, given)
  io.stdout(
    values.json ? `${JSON.stringify(explanation, null, 2)}\n` : explanationText(file, explanation),
  )
  return explanation.found ? 0 : 1
}

/** Throws for a value that no request could have. */
function factsFrom(values: Values): Partial<SampleFacts> {
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
    thinking: values.thinking === true,
    images: values.images === true,
    stream: values['no-stream'] !== true,
  }
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
