import { isHash, isMeantAsHash, knownBy } from '../lib/key-hash.ts'
import type { Kind } from '../providers/kind.ts'
import { parseAddress, prefixesOf } from './address.ts'
import { callerNames, keyName } from './caller-names.ts'
import { checkShape } from './check.ts'
import { POLICY, SERVER } from './defaults.ts'
import type { Result } from './diagnostic.ts'
import type { Discovered } from './discovery.ts'
import type { Document } from './document.ts'
import { type EditsEntry, readEdits } from './edits.ts'
import { CLIENTS, type Facts, isClient, sampleFacts } from './facts.ts'
import { besideRoutes } from './files.ts'
import { frozen } from './frozen.ts'
import { type Interpolated, interpolate } from './interpolate.ts'
import { lint } from './lint.ts'
import { readManagement } from './management.ts'
import { type Entry, readEntries, type Section } from './names.ts'
import { didYouMean } from './nearest.ts'
import { resolveProvider } from './providers.ts'
import { readLogging, readUsage } from './records.ts'
import { createReport, type Report } from './report.ts'
import { createResolve, type Listing, type Names } from './resolve.ts'
import { retyped } from './retype.ts'
import { isSampleKey } from './sample-keys.ts'
import { Routes } from './schema.ts'
import { type Sound, soundParts } from './sound.ts'
import { parseSource, type Source } from './source.ts'
import type {
  ApiKey,
  ListedModel,
  Policy,
  Provider,
  Resolution,
  Route,
  RoutingTable,
  Rule,
  ServerSettings,
  Strategy,
} from './table.ts'
import { parseCount, parseDuration, parseMoney, parseSize } from './values.ts'
import { readWhen, type WhenEntry } from './when.ts'

export type TableServices = {
  env: Record<string, string | undefined>
  readFile(path: string): string
  kinds: readonly Kind[]
  /** Absent: nothing was discovered. */
  discovered?: Discovered
}

/**
 * Text → routing table: every name resolved, every default filled in, the file's `tests` run.
 * Whatever is wrong is told at once, in file order.
 */
export function compileTable(
  file: string,
  text: string,
  services: TableServices,
): Result<RoutingTable> {
  const { source, diagnostics } = parseSource(file, text)
  if (source.value === undefined) return { ok: false, diagnostics, files: [] }
  const report = createReport(source, diagnostics)
  const { env, readFile } = services
  const interpolated = interpolate(source.value, { file, env, readFile }, report)
  const { filled } = interpolated
  const value = filled ? retyped(Routes, interpolated.value, filled) : interpolated.value
  checkShape(Routes, value, [], report)
  const sound = soundParts(value, report.faults(), Object.keys(Routes.properties))
  const table = sound && buildTable(sound, source, interpolated, services, report)
  const found = report.all()
  if (!table || report.failed()) return { ok: false, diagnostics: found, files: interpolated.files }
  return { ok: true, value: frozen({ ...table, warnings: found }), warnings: found }
}

function buildTable(
  { document, brokenProviders, brokenNames }: Sound,
  source: Source,
  interpolated: Interpolated,
  services: TableServices,
  report: Report,
): RoutingTable {
  const providers = new Map<string, Provider>()
  const broken = { providers: new Set(brokenProviders), names: brokenNames }
  for (const [id, entry] of Object.entries(document.providers ?? {})) {
    const provider = resolveProvider(
      id,
      entry,
      services,
      interpolated,
      source,
      report,
      document.server?.['proxy-url'],
    )
    if (provider) providers.set(id, provider)
    else broken.providers.add(id)
  }
  const entries = readEntries(document, source, report)
  const policy = readPolicy(document)
  const names = collectNames(entries, providers, policy.strategy)
  lint({ document, entries, names, broken }, report)
  warnOfSwitches(document, report)
  const server = readServer(document, source.file, services, interpolated, report)
  const table: RoutingTable = {
    file: source.file,
    text: source.text,
    providers,
    resolve: createResolve(names),
    countsTokens: /\binput-tokens\b/.test(source.text),
    rules: readRules(document, report),
    listed: listModels(entries, names),
    names: entries.filter(({ glob }) => !glob).map(({ name }) => name),
    apiKeys: readApiKeys(document, report),
    management: readManagement(document, report),
    server,
    policy,
    logging: readLogging(document, source.file, services.env),
    usage: readUsage(document, report),
    files: interpolated.files,
    warnings: [],
  }
  const switchedOn = (asked: string, facts: Facts): Resolution =>
    createResolve(collectNames(entries, allOn(providers), policy.strategy))(asked, facts)
  runTests(document, { resolve: table.resolve, providers, switchedOn }, report)
  return table
}

function collectNames(
  entries: readonly Entry[],
  providers: ReadonlyMap<string, Provider>,
  strategy: Strategy,
): Names {
  const of = (section: Section): readonly Entry[] =>
    entries.filter(entry => entry.section === section)
  const exact = (section: Section) =>
    new Map(
      of(section)
        .filter(entry => !entry.glob)
        .map(entry => [entry.name, entry]),
    )
  // Longer literal part before shorter; sorting is stable, so then file order.
  const globs = (section: Section) =>
    of(section)
      .filter(entry => entry.glob)
      .sort((a, b) => (b.glob?.literal ?? 0) - (a.glob?.literal ?? 0))
  const usable = [...providers.values()].filter(provider => !provider.off)
  return {
    providers,
    prefixes: prefixesOf(providers.values()),
    exact: { force: exact('force'), models: exact('models'), aliases: exact('aliases') },
    globs: { force: globs('force'), models: globs('models'), aliases: globs('aliases') },
    catalogue: collectCatalogue(usable),
    declared: new Set(
      usable
        .filter(({ prefix }) => !prefix)
        .flatMap(({ declared }) => declared.map(({ alias }) => alias)),
    ),
    prefixed: usable.flatMap(({ prefix, models }) =>
      prefix === undefined ? [] : models.map(({ alias }) => `${prefix}/${alias}`),
    ),
    strategy,
    echoStandsIn: usable.every(provider => provider.kind.id === 'echo'),
  }
}

function collectCatalogue(usable: readonly Provider[]): Names['catalogue'] {
  const catalogue = new Map<string, Listing[]>()
  for (const provider of [...usable].sort((a, b) => b.priority - a.priority)) {
    // With a prefix its models are reached as addresses only.
    if (provider.prefix !== undefined) continue
    for (const { alias, name, discoveredAtMs } of provider.models) {
      const listed = catalogue.get(alias) ?? []
      listed.push({
        provider,
        model: name,
        ...(discoveredAtMs === undefined ? {} : { discoveredAtMs }),
      })
      catalogue.set(alias, listed)
    }
  }
  return catalogue
}

/** The providers as they would be with every key set. */
function allOn(providers: ReadonlyMap<string, Provider>): ReadonlyMap<string, Provider> {
  return new Map(
    [...providers].map(([id, provider]) => {
      const { off: _, ...on } = provider
      return [id, provider.unset ? on : provider]
    }),
  )
}

/** The names worth listing: those that somebody could answer now. */
function listModels(entries: readonly Entry[], names: Names): ListedModel[] {
  const listed = new Map<string, ListedModel>()
  const resolve = createResolve(names)
  for (const entry of entries) {
    if (entry.glob || listed.has(entry.name)) continue
    const resolution = resolve(entry.name)
    if (!resolution.found || resolution.route.steps.length === 0) continue
    const limits = limitsOf(resolution.route)
    listed.set(entry.name, {
      id: entry.name,
      ownedBy: 'jackfield',
      ...limits,
      ...(entry.description ? { description: entry.description } : {}),
      ...(entry.contextTokens === undefined ? {} : { contextTokens: entry.contextTokens }),
    })
  }
  for (const provider of names.providers.values()) {
    if (provider.off) continue
    if (provider.kind.id === 'echo' && !names.echoStandsIn) continue
    for (const model of provider.models) {
      const id = listedAs(names, provider, model.alias)
      if (listed.has(id)) continue
      listed.set(id, {
        id,
        ownedBy: provider.id,
        ...(model.contextTokens === undefined ? {} : { contextTokens: model.contextTokens }),
        ...(model.maxOutputTokens === undefined ? {} : { maxOutputTokens: model.maxOutputTokens }),
      })
    }
  }
  return [...listed.values()]
}

/** What whoever is asked first can take, whichever of them that is; what is unknown stays so. */
function limitsOf({ steps }: Route): Pick<ListedModel, 'contextTokens' | 'maxOutputTokens'> {
  const facts = steps[0]?.members.map(member => member.facts) ?? []
  const least = (known: (number | undefined)[]): number | undefined =>
    known.every(one => one !== undefined) ? Math.min(...known) : undefined
  const contextTokens = least(facts.map(one => one.contextTokens))
  const maxOutputTokens = least(facts.map(one => one.maxOutputTokens))
  return {
    ...(contextTokens === undefined ? {} : { contextTokens }),
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
  }
}

/** A name that reads as the address of another provider would never reach this one. */
function listedAs(names: Names, { id, prefix }: Provider, alias: string): string {
  if (prefix) return `${prefix}/${alias}`
  return parseAddress(names, alias, 'client') ? `${id}/${alias}` : alias
}

function readApiKeys(document: Document, report: Report): ApiKey[] {
  const keys: ApiKey[] = []
  for (const [index, entry] of (document['api-keys'] ?? []).entries()) {
    const read: ApiKey =
      typeof entry === 'string' ? { name: keyName(index), key: entry } : keyOf(entry)
    const { name, key } = read
    const path = ['api-keys', index]
    if (isSampleKey(key))
      report.error(
        path,
        'value',
        'this is a sample key that anybody knows',
        'make one of your own: openssl rand -hex 24',
      )
    if (isMeantAsHash(key) && !isHash(key))
      report.error(
        path,
        'value',
        'this is no SHA-256 hash of a key',
        'write sha256: and 64 hex digits, or let "jackfield key NAME" make a key',
      )
    if (keys.some(one => one.name === name))
      report.error(
        path,
        'value',
        `the name "${name}" is used twice`,
        'give each key a name of its own',
      )
    if (keys.some(one => knownBy(one.key) === knownBy(key)))
      report.error(path, 'value', 'this key stands here twice', 'take one out')
    keys.push({ ...read, at: report.at(path) })
  }
  return keys
}

type ApiKeyEntry = Exclude<NonNullable<Document['api-keys']>[number], string>

function keyOf({ name, key, models, limits }: ApiKeyEntry): ApiKey {
  const requestsPerMinute = limits?.['requests-per-minute']
  const tokensPerDay = parseCount(limits?.['tokens-per-day'])
  const usdPerDay = parseMoney(limits?.['cost-per-day'])
  return {
    name,
    key,
    ...(models ? { models } : {}),
    ...(limits
      ? {
          limits: {
            ...(requestsPerMinute === undefined ? {} : { requestsPerMinute }),
            ...(tokensPerDay === undefined ? {} : { tokensPerDay }),
            ...(usdPerDay === undefined ? {} : { usdPerDay }),
          },
        }
      : {}),
  }
}

function readRules(document: Document, report: Report): Rule[] {
  const callers = callerNames(document)
  return (document.rules ?? []).map((written, index) => {
    const path = ['rules', index]
    const when = readWhen(written.when as WhenEntry | undefined, [...path, 'when'], callers, report)
    const edits = readEdits(written as EditsEntry, path, report)
    return { edits, ...(when ? { when } : {}) }
  })
}

function readPolicy({ policy = {} }: Document): Policy {
  return {
    requestRetry: policy['request-retry'] ?? POLICY.requestRetry,
    maxRetryIntervalMs: parseDuration(policy['max-retry-interval']) ?? POLICY.maxRetryIntervalMs,
    strategy: policy.strategy ?? POLICY.strategy,
    cooldown: {
      transientMs: parseDuration(policy.cooldown?.transient) ?? POLICY.cooldown.transientMs,
      maxMs: parseDuration(policy.cooldown?.max) ?? POLICY.cooldown.maxMs,
    },
    sessionAffinityMs: durationOrOff(policy['session-affinity'], POLICY.sessionAffinityMs),
    waitingRoomMs: durationOrOff(policy['waiting-room'], POLICY.waitingRoomMs),
    keepaliveMs: parseDuration(policy.keepalive) ?? POLICY.keepaliveMs,
  }
}

/** What the file asks for and nothing here could do: better a fallback that is written down. */
function warnOfSwitches({ policy = {} }: Document, report: Report): void {
  const path = ['policy', 'quota-exceeded']
  const switches = policy['quota-exceeded'] ?? {}
  if (switches['switch-project'])
    report.warn(
      [...path, 'switch-project'],
      'key',
      'has no effect: API keys have no projects to switch',
      'declare a key of each project; one that is used up makes room for the next',
    )
  if (switches['switch-preview-model'])
    report.warn(
      [...path, 'switch-preview-model'],
      'key',
      'has no effect: no model has a preview of the same name',
      'list the models to fall back on: models: { NAME: [ provider/model, provider/preview ] }',
    )
}

function durationOrOff(written: unknown, unsaid: number): number {
  if (written === false || written === 'off') return 0
  return parseDuration(written) ?? unsaid
}

function readServer(
  { server = {} }: Document,
  routesFile: string,
  services: TableServices,
  interpolated: Interpolated,
  report: Report,
): ServerSettings {
  const pem = (name: 'cert' | 'key'): string => {
    const file = besideRoutes(routesFile, server.tls?.[name] ?? '', services.env)
    interpolated.files.push(file)
    try {
      return services.readFile(file)
    } catch {
      report.error(
        ['server', 'tls', name],
        'value',
        `the file ${file} cannot be read`,
        'write the path of a PEM file; it is looked for beside this one',
      )
      return ''
    }
  }
  return {
    host: server.host ?? SERVER.host,
    port: server.port ?? SERVER.port,
    ...(server.tls ? { tls: { cert: pem('cert'), key: pem('key') } } : {}),
    bodyLimitBytes: parseSize(server['body-limit']) ?? SERVER.bodyLimitBytes,
    shutdownGraceMs: parseDuration(server['shutdown-grace']) ?? SERVER.shutdownGraceMs,
  }
}

type Tested = Pick<RoutingTable, 'resolve' | 'providers'> & {
  /** With every key set. */
  switchedOn(asked: string, facts: Facts): Resolution
}

/**
 * The file's own `tests`: what each name must lead to first. Where only an unset key is in the way,
 * the routes are right and the machine is not: that is a warning.
 */
function runTests(
  document: Document,
  { resolve, providers, switchedOn }: Tested,
  report: Report,
): void {
  const sound = !report.failed()
  for (const [index, { ask, expect, client }] of (document.tests ?? []).entries()) {
    if (client !== undefined && !isClient(client)) {
      report.error(
        ['tests', index, 'client'],
        'value',
        `there is no client "${client}"`,
        didYouMean(client, [...CLIENTS]) ?? `known: ${CLIENTS.join(', ')}`,
      )
      continue
    }
    if (!sound) continue
    const facts = sampleFacts(ask, client ? { client } : {})
    const got = firstTargets(resolve(ask, facts))
    if (got.includes(expect)) continue
    const asked = stillAsked(providers, ask, expect)
    if (asked) {
      report.warn(
        ['tests', index],
        'value',
        `not tested: what models ${asked} has is not known yet`,
        'try again when it was reached once',
      )
      continue
    }
    const instead = got.length > 0 ? got.join(' or ') : 'nobody who can serve now'
    const told = `"${ask}" leads to ${instead}, not to ${expect}`
    if (firstTargets(switchedOn(ask, facts)).includes(expect))
      report.warn(
        ['tests', index],
        'value',
        `${told}, whose provider is switched off`,
        'set its key to try this test',
      )
    else report.error(['tests', index], 'value', told, 'mend the routes or the test')
  }
}

function firstTargets(resolution: Resolution): string[] {
  if (!resolution.found) return ['not-found']
  const members = resolution.route.steps[0]?.members ?? []
  return members.map(({ provider, model }) => `${provider.id}/${model}`)
}

/** The provider that is to serve its own model of that name, if it did not tell its models yet. */
function stillAsked(
  providers: RoutingTable['providers'],
  ask: string,
  expect: string,
): string | undefined {
  const provider = [...providers.values()].find(({ id }) => expect === `${id}/${ask}`)
  return provider?.discovery?.known === false && !provider.excludes(ask) ? provider.id : undefined
}
