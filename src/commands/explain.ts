import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import builtin from '../../routes.yaml' with { type: 'text' }
import {
  CLIENTS,
  compileTable,
  explain,
  explanationText,
  formatDiagnostic,
  isClient,
  type SampleFacts,
} from '../config/index.ts'
import { parseCount } from '../config/values.ts'
import { codecs } from '../protocols/index.ts'
import { kinds } from '../providers/index.ts'
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

type Values = ReturnType<typeof parsed>['values']

function parsed(args: readonly string[]) {
  return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })
}

export async function run(args: readonly string[], io: Io): Promise<number> {
  let asked: ReturnType<typeof parsed>
  let given: Partial<SampleFacts>
  try {
    asked = parsed(args)
    given = factsFrom(asked.values)
  } catch (error) {
    io.stderr(`jackfield explain: ${error instanceof Error ? error.message : error}\n${HELP}`)
    return 1
  }
  const { values, positionals } = asked
  if (values.help) {
    io.stdout(HELP)
    return 0
  }
  const [name] = positionals
  if (!name) {
    io.stderr(`jackfield explain: which name?\n${HELP}`)
    return 1
  }
  const file = values.routes ?? 'routes.yaml'
  const path = resolve(io.cwd, file)
  let text: string = builtin
  if (values.routes !== undefined || existsSync(path)) {
    try {
      text = io.readFile(path)
    } catch {
      io.stderr(`jackfield explain: ${file} cannot be read; give another --routes\n`)
      return 1
    }
  }
  const compiled = compileTable(file, text, {
    env: io.env,
    readFile: one => io.readFile(resolve(io.cwd, one)),
    kinds,
  })
  if (!compiled.ok) {
    for (const diagnostic of compiled.diagnostics) io.stderr(`${formatDiagnostic(diagnostic)}\n`)
    return 1
  }
  const explanation = explain(compiled.value, name, given)
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
