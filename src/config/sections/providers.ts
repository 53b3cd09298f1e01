import { isMeantAsHash } from '../../lib/key-hash.ts'
import { didYouMean } from '../../lib/nearest.ts'
import type { Path } from '../../lib/path.ts'
import type { Kind, Speech } from '../../providers/kind.ts'
import type { ModelPrice } from '../../providers/pricing/prices.ts'
import {
  besideDeclared,
  type DiscoveredModel,
  insteadOfBuiltIn,
  listIdentity,
} from '../../routing/discovered-models.ts'
import { compileGlob } from '../../routing/glob.ts'
import type {
  CredentialSpec,
  ModelFacts,
  Place,
  Provider,
  ProviderModel,
} from '../../routing/table.ts'
import type { TableServices } from '../compile.ts'
import type { Report } from '../diagnostics/report.ts'
import { variableProblem } from '../lint/written-keys.ts'
import { TIMEOUTS } from '../schema/defaults.ts'
import type { ProviderEntry } from '../schema/document.ts'
import { parseCount } from '../schema/units.ts'
import { type Interpolated, type Missing, missingText } from '../yaml/interpolate.ts'
import type { Source } from '../yaml/source.ts'
import { normaliseBaseUrl } from './base-url.ts'
import { readTimeouts } from './timeouts.ts'

/** Kinds of the language that come with a later version. */
const LATER = new Set([
  'claude-oauth',
  'codex-oauth',
  'gemini-cli',
  'qwen',
  'iflow',
  'kimi',
  'xai-oauth',
  'ai-studio',
])

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
  lintHeaders(entry.headers, [...path, 'headers'], report)
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
  const off = offReason(id, entry, credentials, interpolated)
  if (!off) for (const warn of leftOut) warn()
  if (off && !entry.disabled) report.warn(path, 'key', `switched off: ${off.reason}`, off.remedy)
  const proxy = entry['proxy-url'] ?? serverProxy
  const headers = entry.headers ?? {}
  const [speech] = speaks
  const [credential] = credentials
  const asks = !off && asksForList(entry, kind, path, report) && speech && credential
  const identity = asks ? listIdentity(kind, speech, headers, credential, proxy) : undefined
  const told = identity === undefined ? undefined : discovered?.(identity)
  const declared = declaredModels(entry, kind, index => report.at([...path, 'models', index]))
  return {
    id,
    kind,
    speaks,
    credentials,
    ...modelsOf(entry, declared, told),
    headers,
    timeouts: { ...TIMEOUTS, ...readTimeouts(entry.timeout) },
    priority: entry.priority ?? 0,
    ...(off ? { off: off.reason === NO_KEY ? `${NO_KEY}: ${off.remedy}` : off.reason } : {}),
    ...(off?.unset ? { unset: true } : {}),
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
  const speeches = (some: Kind['speaks'] | Speech[], query: string): Provider['speaks'] =>
    some.map(({ protocol, baseUrl }) => ({ protocol, baseUrl, query }))
  const [first] = kind.speaks
  if (written === undefined) {
    if (first.baseUrl !== '') return speeches(kind.speaks, queryOf('', version))
    report.error(path, 'key', `kind "${kind.id}" needs a base-url`, 'add base-url: https://…')
    return undefined
  }
  if (written.trim() === '') return speeches([first], queryOf('', version))
  const normal = normaliseBaseUrl(written, first.protocol, first.baseUrl)
  if (!normal) {
    report.error(
      [...path, 'base-url'],
      'value',
      `"${written}" is not an http or https address`,
      'write https://host/path',
    )
    return undefined
  }
  const query = queryOf(normal.query, version)
  // The vendor's own address, written out, is no address of one's own.
  const vendors = kind.speaks.find(
    ({ protocol, baseUrl }) => normaliseBaseUrl(written, protocol, baseUrl)?.baseUrl === baseUrl,
  )
  if (vendors === first) return speeches(kind.speaks, query)
  if (vendors) return speeches([vendors], query)
  // An address of one's own replaces the vendor's, and with it what else is spoken there; what the
  // vendor has elsewhere is not at this address.
  return kind.speaks
    .filter(({ baseUrl }) => baseUrl === first.baseUrl)
    .map(({ protocol }) => ({ protocol, baseUrl: normal.baseUrl, query }))
}

/** The file's `api-version` goes before one that stands in the address. */
function queryOf(written: string, version: string | undefined): string {
  if (version === undefined) return written
  const others = written.split('&').filter(part => part !== '' && !part.startsWith('api-version='))
  return [...others, `api-version=${encodeURIComponent(version)}`].join('&')
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
  const sameKey = new Map<string, number>()
  const specs = (entry.keys ?? []).flatMap((key, index): CredentialSpec[] => {
    const path = ['providers', id, 'keys', index]
    const missing = interpolated.missingKey(path)
    const {
      key: secret,
      name,
      weight,
      priority,
      headers,
      'proxy-url': proxy,
    } = typeof key === 'string' ? ({ key } as Exclude<typeof key, string>) : key
    if (missing !== undefined || secret.trim() === '') {
      const what = missing ? missingText(missing) : 'it is empty'
      const cure = missing ? remedyFor(missing) : 'write it'
      leftOut.push(() =>
        report.warn(path, 'value', `key left out: ${what}`, `${cure}, or take the key out`),
      )
      return []
    }
    if (isMeantAsHash(secret.trim()))
      report.error(
        path,
        'value',
        'a hash opens nothing at a provider',
        'write the key itself, or ${NAME}; only api-keys can be hashes',
      )
    lintKey(secret, path, report)
    const same = sameKey.get(secret.trim() + JSON.stringify(headers ?? {}))
    if (same !== undefined)
      report.warn(
        path,
        'value',
        `the same key as keys[${same}]`,
        'take one out: they share what the provider allows',
      )
    else sameKey.set(secret.trim() + JSON.stringify(headers ?? {}), index)
    const own = name ?? `key-${index + 1}`
    if (seen.has(own))
      report.error(
        [...path, 'name'],
        'value',
        `the name "${own}" is used twice in this provider`,
        'give each key a name of its own',
      )
    seen.add(own)
    lintHeaders(headers, [...path, 'headers'], report)
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

function lintKey(secret: string, path: Path, report: Report): void {
  const problem = variableProblem(secret)
  if (problem) report.error(path, 'value', problem.message, problem.hint)
  else if (/^[ \t]|[ \t]$/.test(secret))
    report.warn(
      path,
      'value',
      'the key begins or ends with a blank, which is not sent',
      'take it out',
    )
}

/** `unset`: setting a variable, or writing a file, would switch it on. */
type Off = { reason: string; remedy: string; unset?: boolean }

const NO_KEY = 'no key'

function offReason(
  id: string,
  entry: ProviderEntry,
  credentials: readonly CredentialSpec[],
  { missingKey, filled }: Interpolated,
): Off | undefined {
  if (entry.disabled) return { reason: 'disabled in the file', remedy: 'take disabled out' }
  if (entry['base-url'] !== undefined && entry['base-url'].trim() === '')
    return { reason: 'its base-url is empty', remedy: 'write it, or take the provider out' }
  if (credentials.length > 0) return undefined
  const paths = (entry.keys ?? []).map((_, index) => ['providers', id, 'keys', index])
  if (paths.length === 0) return { reason: NO_KEY, remedy: 'add keys: [ … ]' }
  const missing = paths.map(missingKey).filter(one => one !== undefined)
  const remedy = [...new Set(missing.map(remedyFor))].join(' or ') || 'write one'
  const unset = paths.some(path => filled?.(path) || filled?.([...path, 'key']))
  return { reason: NO_KEY, remedy, unset }
}

function remedyFor({ from, name }: Missing): string {
  return from === 'env' ? `set ${name}` : `write the file ${name}`
}

/** What it has, what of that the file or the kind says, and what is hidden. */
function modelsOf(
  entry: ProviderEntry,
  declared: readonly ProviderModel[],
  told: readonly DiscoveredModel[] | undefined,
): Pick<Provider, 'models' | 'declared' | 'excludes' | 'namesOf'> {
  const combine = entry.models ? besideDeclared : insteadOfBuiltIn
  const globs = (entry.exclude ?? []).map(compileGlob)
  const excluded = (name: string): boolean => globs.some(glob => glob.match(name))
  const shown = ({ alias, name }: ProviderModel): boolean => !excluded(alias) && !excluded(name)
  const all = told ? combine(declared, told) : declared
  const models = all.filter(shown)
  const names = Map.groupBy(models, ({ alias }) => alias)
  const hidden = new Set(all.map(({ alias }) => alias).filter(alias => !names.has(alias)))
  return {
    models,
    declared: declared.filter(shown),
    excludes: model => excluded(model) || hidden.has(model),
    namesOf: alias => names.get(alias)?.map(({ name }) => name) ?? [],
  }
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

/** What no request could carry is found here, not with every request. */
function lintHeaders(
  headers: Record<string, string> | undefined,
  path: Path,
  report: Report,
): void {
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (!isHeader(name, ''))
      report.error([...path, name], 'key', `"${name}" is no header name`, 'write it like X-Team')
    else if (value.startsWith('$') && !isHeader(value.slice(1), ''))
      report.error(
        [...path, name],
        'value',
        'names no header to copy',
        'write it like "$x-request-id"',
      )
    else if (!isHeader(name, value))
      report.error(
        [...path, name],
        'value',
        'a header cannot hold line breaks or letters beyond Latin-1',
        'take them out',
      )
  }
}

function isHeader(name: string, value: string): boolean {
  try {
    new Headers([[name, value]])
    return true
  } catch {
    return false
  }
}
