import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import { number, object, objects, text, without } from '../../lib/wire.ts'
import { createDraft, type Draft, filled, freeName } from './draft.ts'

/** Key lists of `config.yaml`, and the kind each becomes. */
const KEY_LISTS: readonly (readonly [section: string, kind: string, name: string])[] = [
  ['gemini-api-key', 'gemini', 'gemini'],
  ['claude-api-key', 'anthropic', 'claude'],
  ['codex-api-key', 'openai-responses-compatible', 'codex'],
  ['vertex-api-key', 'vertex', 'vertex'],
  ['xai-api-key', 'xai', 'xai'],
]

/** Sections that are read below; what is left is noted. */
const READ = new Set([
  ...KEY_LISTS.map(([section]) => section),
  'host',
  'port',
  'tls',
  'proxy-url',
  'api-keys',
  'auth-dir',
  'request-retry',
  'max-retry-interval',
  'routing',
  'quota-exceeded',
  'debug',
  'generative-language-api-key',
  'openai-compatibility',
  'ampcode',
  'amp-model-mappings',
  'amp-force-model-mappings',
  'payload',
])

const LATER = 'accounts and their tokens come with a later version'

/** Why a section stays behind. */
const REASONS: Record<string, string> = {
  'remote-management': 'the management API comes with a later version',
  'oauth-model-alias': LATER,
  'oauth-model-mappings': LATER,
  'oauth-excluded-models': LATER,
  'usage-statistics-enabled': 'usage is always counted',
  'ws-auth': 'WebSockets always need a key where there are keys',
  'logging-to-file': 'the log goes to stderr',
  'request-log': 'requests are not logged',
}

/** CLIProxyAPI's `config.yaml`. */
export function importCliProxyApi(config: JsonObject): Draft {
  const draft = createDraft('CLIProxyAPI config.yaml')
  readServer(config, draft)
  readPolicy(config, draft)
  for (const [section, kind, name] of KEY_LISTS)
    readKeyList(objects(config[section]), { section, kind, name }, draft)
  const old = strings(config['generative-language-api-key']).map(key => ({ 'api-key': key }))
  readKeyList(
    old,
    { section: 'generative-language-api-key', kind: 'gemini', name: 'gemini' },
    draft,
  )
  for (const entry of objects(config['openai-compatibility'])) readCompatible(entry, draft)
  readMappings(config, draft)
  readPayload(object(config.payload), draft)
  const keys = strings(config['api-keys'])
  if (keys.length > 0) draft.routes['api-keys'] = keys
  if (text(config['auth-dir'])) draft.notes.push(`auth-dir: ${LATER}`)
  for (const [section, value] of Object.entries(config)) {
    if (READ.has(section) || saysNothing(value)) continue
    draft.notes.push(`${section}: ${REASONS[section] ?? 'has no equivalent'}`)
  }
  return draft
}

function saysNothing(value: JsonValue): boolean {
  if (value === null || value === false || value === '' || value === 0) return true
  if (Array.isArray(value)) return value.length === 0
  return isObject(value) && Object.values(value).every(saysNothing)
}

function strings(value: JsonValue | undefined): string[] {
  return Array.isArray(value)
    ? (value.filter(one => typeof one === 'string' && one !== '') as string[])
    : []
}

function readServer(config: JsonObject, { routes, notes }: Draft): void {
  const tls = object(config.tls)
  const server = filled({
    host: text(config.host),
    port: number(config.port),
    'proxy-url': text(config['proxy-url']),
    tls: tls?.enable === true ? filled({ cert: text(tls.cert), key: text(tls.key) }) : undefined,
  })
  if (Object.keys(server).length > 0) routes.server = server
  if (!('host' in config) || config.host === '')
    notes.push(
      'host: it listened on all interfaces; here it is 127.0.0.1 until server.host says otherwise',
    )
  if (config.debug === true) routes.logging = { level: 'debug' }
}

function readPolicy(config: JsonObject, { routes, notes }: Draft): void {
  const routing = object(config.routing) ?? {}
  const strategy = text(routing.strategy)
  const known = strategy === 'round-robin' || strategy === 'fill-first' || strategy === 'weighted'
  const interval = number(config['max-retry-interval'])
  const policy = filled({
    'request-retry': number(config['request-retry']),
    'max-retry-interval': interval ? `${interval}s` : undefined,
    strategy: known ? strategy : undefined,
    'session-affinity':
      routing['session-affinity'] === false ? false : text(routing['session-affinity-ttl']),
  })
  if (Object.keys(policy).length > 0) routes.policy = policy
  if (strategy && !known) notes.push(`routing.strategy: there is no "${strategy}" here`)
  if (object(config['quota-exceeded'])) notes.push(`quota-exceeded: ${LATER}`)
}

type KeyList = { section: string; kind: string; name: string }

const ENTRY = [
  'api-key',
  'base-url',
  'proxy-url',
  'prefix',
  'priority',
  'weight',
  'headers',
  'models',
  'excluded-models',
]

/** Keys that differ in nothing else are one provider. */
function readKeyList(entries: readonly JsonObject[], list: KeyList, draft: Draft): void {
  const alike = new Map<string, { provider: JsonObject; keys: JsonValue[] }>()
  for (const entry of entries) {
    const provider = providerOf(entry, list.kind)
    const shared = JSON.stringify(provider)
    const group = alike.get(shared) ?? { provider, keys: [] }
    group.keys.push(keyOf(entry))
    alike.set(shared, group)
    for (const [name, value] of Object.entries(without(entry, ...ENTRY)))
      if (!saysNothing(value)) draft.notes.push(`${list.section}: ${name} ${whyNot(name)}`)
  }
  for (const { provider, keys } of alike.values())
    draft.routes.providers[freeName(draft, list.name)] = { ...provider, keys }
}

function whyNot(name: string): string {
  return name === 'cloak' || name === 'fingerprint-profile'
    ? 'is not taken over: no client is disguised as another here'
    : 'has no equivalent'
}

function providerOf(entry: JsonObject, kind: string): JsonObject {
  const excluded = strings(entry['excluded-models'])
  const off = excluded.includes('*')
  return filled({
    kind,
    'base-url': text(entry['base-url']),
    prefix: text(entry.prefix),
    priority: number(entry.priority) || undefined,
    headers: object(entry.headers),
    models: modelsOf(entry),
    exclude: off ? undefined : excluded,
    disabled: off || entry.disabled === true ? true : undefined,
  })
}

function modelsOf(entry: JsonObject): JsonValue[] {
  return objects(entry.models).flatMap(model => {
    const name = text(model.name)
    const alias = text(model.alias)
    if (!name) return []
    return [alias && alias !== name ? { name, alias } : name]
  })
}

function keyOf(entry: JsonObject): JsonValue {
  const key = text(entry['api-key']) ?? ''
  const weight = number(entry.weight)
  const proxy = text(entry['proxy-url'])
  if (weight === undefined && !proxy) return key
  return { key, ...filled({ weight, 'proxy-url': proxy }) }
}

function readCompatible(entry: JsonObject, draft: Draft): void {
  const listed = objects(entry['api-key-entries']).map(keyOf)
  const keys = [...listed, ...strings(entry['api-keys'])].filter(key => key !== '')
  const name = freeName(draft, text(entry.name) ?? 'openai-compatible')
  draft.routes.providers[name] = {
    ...providerOf(entry, 'openai-compatible'),
    // A service without keys takes any.
    keys: keys.length > 0 ? keys : ['none'],
  }
}

function readMappings(config: JsonObject, draft: Draft): void {
  const amp = object(config.ampcode) ?? {}
  const forced = amp['force-model-mappings'] === true || config['amp-force-model-mappings'] === true
  const mappings = [...objects(amp['model-mappings']), ...objects(config['amp-model-mappings'])]
  for (const mapping of mappings) {
    const from = text(mapping.from)
    const to = text(mapping.to)
    if (!from || !to) continue
    const name = mapping.regex === true ? globOf(from) : from
    if (name === undefined) {
      draft.notes.push(`ampcode.model-mappings: the pattern ${from} is more than a glob`)
      continue
    }
    draft.routes[forced ? 'force' : 'aliases'][name] = { to, when: { client: 'amp' } }
  }
  if (text(amp['upstream-url']))
    draft.notes.push('ampcode.upstream-url: the relay to Amp comes with a later version')
}

/** `^gpt-5` is `gpt-5*`; undefined: no glob says the same. */
function globOf(pattern: string): string | undefined {
  const open = pattern.replace(/\.\*/g, '*')
  const body = open.replace(/^\^/, '').replace(/\$$/, '').replaceAll('\\.', '.')
  if (/[\\[\](){}+?|^$]/.test(body)) return undefined
  const glob = `${open.startsWith('^') ? '' : '*'}${body}${open.endsWith('$') ? '' : '*'}`
  return glob.replace(/\*{2,}/g, '*')
}

const PROTOCOLS: Record<string, string> = {
  openai: 'openai-chat',
  responses: 'openai-responses',
  'openai-response': 'openai-responses',
  codex: 'openai-responses',
  claude: 'anthropic',
  gemini: 'gemini',
}

function readPayload(payload: JsonObject | undefined, draft: Draft): void {
  const rules: JsonValue[] = []
  for (const [section, edit] of [
    ['default', 'default'],
    ['override', 'set'],
    ['filter', 'remove'],
  ] as const)
    for (const rule of objects(payload?.[section])) {
      const when = filled({
        model: objects(rule.models).flatMap(model => text(model.name) ?? []),
        protocol: [
          ...new Set(
            objects(rule.models).flatMap(model => PROTOCOLS[text(model.protocol) ?? ''] ?? []),
          ),
        ],
      })
      const params = edit === 'remove' ? strings(rule.params) : object(rule.params)
      if (params) rules.push({ ...filled({ when }), [edit]: params })
    }
  for (const section of ['default-raw', 'override-raw'])
    if (objects(payload?.[section]).length > 0)
      draft.notes.push(`payload.${section}: write its values as YAML under rules`)
  if (rules.length === 0) return
  draft.routes.rules = rules
  draft.notes.push(
    'payload: its paths were those of the upstream’s request; here they are those of the client’s own, which `protocol` names',
  )
}
