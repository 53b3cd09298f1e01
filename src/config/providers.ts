import { isMeantAsHash } from '../lib/key-hash.ts'
import type { Kind } from '../providers/kind.ts'
import type { ModelPrice } from '../providers/prices.ts'
import { normaliseBaseUrl } from './base-url.ts'
import type { TableServices } from './compile-table.ts'
import { TIMEOUTS } from './defaults.ts'
import { besideDeclared, insteadOfBuiltIn, listIdentity } from './discovery.ts'
import type { ProviderEntry } from './document.ts'
import { compileGlob } from './glob.ts'
import type { Interpolated } from './interpolate.ts'
import { didYouMean } from './nearest.ts'
import type { Report } from './report.ts'
import type { Source } from './source.ts'
import type {
  CredentialSpec,
  ModelFacts,
  Place,
  Provider,
  ProviderModel,
  Timeouts,
} from './table.ts'
import { parseCount, parseDuration } from './values.ts'

/** Kinds of the language that come with a later version. */
const LATER = new Set(['claude-oauth', 'codex-oauth', 'gemini-cli', 'qwen', 'iflow', 'ai-studio'])

/** Undefined: the entry has errors, which are reported. */
export function resolveProvider(
  id: string,
  entry: ProviderEntry,
  { kinds, discovered }: Pick<TableServices, 'kinds' | 'discovered'>,
  interpolated: Interpolated,
  source: Source,
  report: Report,
  serverProxy: string | undefined,
): Provider | undefined {
  const path = ['providers', id]
  if (!/^[\w.-]+$/.test(id)) {
    report.error(
      path,
      'key',
      `a provider's name is made of letters, digits, "-", "_" and "."`,
      'targets are written NAME/model',
    )
    return undefined
  }
  const kind = kinds.find(one => one.id === entry.kind)
  if (!kind) {
    const known = kinds.map(one => one.id)
    if (LATER.has(entry.kind))
      report.error(
        [...path, 'kind'],
        'value',
        `kind "${entry.kind}" is not supported by this version yet`,
        'take the provider out',
      )
    else
      report.error(
        [...path, 'kind'],
        'value',
        `there is no kind "${entry.kind}"`,
        didYouMean(entry.kind, known) ?? `known: ${known.join(', ')}`,
      )
    return undefined
  }
  const speaks = resolveSpeeches(kind, entry, path, report)
  if (!speaks) return undefined
  const leftOut: (() => void)[] = []
  const credentials = resolveCredentials(id, entry, kind, interpolated, report, leftOut)
  const exclude = (entry.exclude ?? []).map(compileGlob)
  const shown = ({ alias, name }: ProviderModel): boolean =>
    !exclude.some(glob => glob.match(alias) ?? glob.match(name))
  const declared = declaredModels(entry, kind, index => report.at([...path, 'models', index]))
  const off = offReason(entry, kind, credentials, interpolated, id)
  if (!off) for (const warn of leftOut) warn()
  if (off && !entry.disabled) report.warn(path, 'key', `switched off: ${off}`)
  const proxy = entry['proxy-url'] ?? serverProxy
  const headers = entry.headers ?? {}
  const [speech] = speaks
  const [credential] = credentials
  const asks = !off && asksForList(entry, kind, path, report) && speech && credential
  const identity = asks ? listIdentity(kind, speech, headers, credential, proxy) : undefined
  const told = identity === undefined ? undefined : discovered?.(identity)
  const combine = entry.models ? besideDeclared : insteadOfBuiltIn
  return {
    id,
    kind,
    speaks,
    credentials,
    models: (told ? combine(declared, told) : declared).filter(shown),
    declared: declared.filter(shown),
    headers,
    timeouts: resolveTimeouts(entry.timeout, TIMEOUTS),
    priority: entry.priority ?? 0,
    excludes: model => exclude.some(glob => glob.match(model)),
    ...(off ? { off } : {}),
    ...(identity === undefined ? {} : { discovery: { identity, known: told !== undefined } }),
    ...(proxy ? { proxy } : {}),
    ...(entry.prefix ? { prefix: entry.prefix } : {}),
    at: source.at(path, 'key'),
  }
}

function resolveSpeeches(
  kind: Kind,
  entry: ProviderEntry,
  path: readonly string[],
  report: Report,
): Provider['speaks'] | undefined {
  const written = entry['base-url']
  const version = entry['api-version']
    ? `api-version=${encodeURIComponent(entry['api-version'])}`
    : ''
  const [first] = kind.speaks
  if (written === undefined) {
    if (first.baseUrl === '') {
      report.error(path, 'key', `kind "${kind.id}" needs a base-url`, 'add base-url: https://…')
      return undefined
    }
    return kind.speaks.map(({ protocol, baseUrl }) => ({ protocol, baseUrl, query: version }))
  }
  if (written.trim() === '')
    return [{ protocol: first.protocol, baseUrl: first.baseUrl, query: version }]
  const normal = normaliseBaseUrl(written, first.protocol)
  if (!normal) {
    report.error(
      [...path, 'base-url'],
      'value',
      `"${written}" is not an http or https address`,
      'write https://host/path',
    )
    return undefined
  }
  const query = [normal.query, version].filter(Boolean).join('&')
  // An address of one's own replaces the vendor's, and with it what else is spoken there; what the
  // vendor has elsewhere is not at this address.
  return kind.speaks
    .filter(({ baseUrl }) => baseUrl === first.baseUrl)
    .map(({ protocol }) => ({ protocol, baseUrl: normal.baseUrl, query }))
}

function resolveCredentials(
  id: string,
  entry: ProviderEntry,
  kind: Kind,
  interpolated: Interpolated,
  report: Report,
  leftOut: (() => void)[],
): CredentialSpec[] {
  const seen = new Set<string>()
  const specs = (entry.keys ?? []).flatMap((key, index): CredentialSpec[] => {
    const path = ['providers', id, 'keys', index]
    const missing = interpolated.missingKeys.get(path.join('\0'))
    const {
      key: secret,
      name,
      weight,
      priority,
      headers,
      'proxy-url': proxy,
    } = typeof key === 'string' ? ({ key } as Exclude<typeof key, string>) : key
    if (missing !== undefined || secret.trim() === '') {
      const what = missing ? `key left out: ${missing} is not set` : 'key left out: it is empty'
      const cure = `export ${missing ?? 'it'}, or take the key out`
      leftOut.push(() => report.warn(path, 'value', what, cure))
      return []
    }
    if (isMeantAsHash(secret.trim()))
      report.error(
        path,
        'value',
        'a hash opens nothing at a provider',
        'write the key itself, or ${NAME}; only api-keys can be hashes',
      )
    const own = name ?? `key-${index + 1}`
    if (seen.has(own))
      report.error(
        [...path, 'name'],
        'value',
        `the name "${own}" is used twice in this provider`,
        'give each key a name of its own',
      )
    seen.add(own)
    return [
      {
        id: `${id}/${own}`,
        provider: id,
        secret: secret.trim(),
        headers: headers ?? {},
        ...(proxy ? { proxy } : {}),
        weight: weight ?? 1,
        priority: priority ?? 0,
      },
    ]
  })
  if (specs.length === 0 && (kind.keyless || kind.auth === 'none')) {
    specs.push({ id: `${id}/none`, provider: id, secret: '', headers: {}, weight: 1, priority: 0 })
  }
  return specs
}

function offReason(
  entry: ProviderEntry,
  kind: Kind,
  credentials: readonly CredentialSpec[],
  { missingKeys }: Interpolated,
  id: string,
): string | undefined {
  if (entry.disabled) return 'disabled in the file'
  if (entry['base-url'] !== undefined && entry['base-url'].trim() === '')
    return 'its base-url is empty'
  if (credentials.length > 0) return undefined
  const names = [...missingKeys]
    .filter(([path]) => path.startsWith(`providers\0${id}\0`))
    .map(([, name]) => name)
  return names.length > 0
    ? `no key: set ${names.join(' or ')}`
    : `no key: add keys: [ … ] (kind ${kind.id})`
}

/** Models written down are all that is wanted, unless the file says otherwise. */
function asksForList(
  entry: ProviderEntry,
  kind: Kind,
  path: readonly string[],
  report: Report,
): boolean {
  if (kind.lists) return entry.discover ?? entry.models === undefined
  if (entry.discover)
    report.warn(
      [...path, 'discover'],
      'key',
      `kind "${kind.id}" has no list of models to ask for`,
      'write them down: models: [ … ], and take discover out',
    )
  return false
}

/** The file's models replace the kind's catalogue; what the kind knows of one of them stays. */
function declaredModels(
  entry: ProviderEntry,
  kind: Kind,
  at: (index: number) => Place,
): ProviderModel[] {
  if (!entry.models) {
    return (kind.catalogue ?? []).map(model => ({ ...model, alias: model.name }))
  }
  return entry.models.map((model, index) => {
    const written = typeof model === 'string' ? { name: model } : model
    const known = kind.catalogue?.find(({ name }) => name === written.name)
    return {
      ...known,
      ...factsIn(written),
      at: at(index),
      name: written.name,
      alias: written.alias ?? written.name,
    }
  })
}

type ModelEntry = Exclude<NonNullable<ProviderEntry['models']>[number], string>

function factsIn({ context, thinking, lacks, price }: ModelEntry): ModelFacts {
  const contextTokens = parseCount(context)
  return {
    ...(contextTokens === undefined ? {} : { contextTokens }),
    ...(thinking ? { thinking } : {}),
    ...(lacks ? { lacks } : {}),
    ...(price ? { price: priceIn(price) } : {}),
  }
}

function priceIn({
  input,
  output,
  'cache-read': cacheRead,
  'cache-write': cacheWrite,
}: NonNullable<ModelEntry['price']>): ModelPrice {
  return {
    input,
    output,
    ...(cacheRead === undefined ? {} : { cacheRead }),
    ...(cacheWrite === undefined ? {} : { cacheWrite }),
  }
}

type TimeoutEntry = NonNullable<ProviderEntry['timeout']>

export function resolveTimeouts(entry: TimeoutEntry | undefined, base: Timeouts): Timeouts {
  if (!entry) return base
  return {
    connectMs: parseDuration(entry.connect) ?? base.connectMs,
    firstByteMs: parseDuration(entry['first-byte']) ?? base.firstByteMs,
    idleMs: parseDuration(entry.idle) ?? base.idleMs,
    totalMs: parseDuration(entry.total) ?? base.totalMs,
  }
}
