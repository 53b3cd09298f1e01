import type { AccountFile } from '../credentials/accounts/account-file.ts'
import { isObject } from '../lib/json/json.ts'
import type { Kind } from '../providers/kind.ts'
import { compileRoutes } from '../routing/compiled-routes.ts'
import type { Result } from '../routing/diagnostic.ts'
import type { Discovered } from '../routing/discovered-models.ts'
import type { Facts } from '../routing/facts.ts'
import { allOn, collectNames } from '../routing/name-index.ts'
import type { Provider, Resolution, RoutingTable, Rule } from '../routing/table.ts'
import { createReport, type Report } from './diagnostics/report.ts'
import { lint } from './lint/lint.ts'
import { runTests } from './lint/route-tests.ts'
import { listModels } from './model-list.ts'
import { checkDocument } from './schema/check.ts'
import { Routes } from './schema/index.ts'
import { FILES, mistakenFor, type OtherTool } from './schema/other-tools.ts'
import { retyped } from './schema/retype.ts'
import type { Document } from './schema/routes.ts'
import { type Valid, validParts } from './schema/valid-parts.ts'
import { callerNames, readApiKeys } from './sections/api-keys.ts'
import { readEdits } from './sections/body-edits.ts'
import { readEntries } from './sections/entries.ts'
import { readLogging, readUsage } from './sections/logging.ts'
import { authFolder } from './sections/paths.ts'
import { readPolicy, warnOfSwitches } from './sections/policy.ts'
import { readProvider } from './sections/providers.ts'
import { readManagement } from './sections/remote-management.ts'
import { readServer } from './sections/server.ts'
import { readWhen } from './sections/when.ts'
import { type Interpolated, interpolate, interpolatedOver } from './yaml/interpolate.ts'
import { parseSource, type Source } from './yaml/source.ts'

export type TableServices = {
  env: Record<string, string | undefined>
  readFile(path: string): string
  kinds: readonly Kind[]
  /** Absent: nothing was discovered. */
  discovered?: Discovered
  /** The accounts in a folder; absent: there are none. */
  accountsIn?(folder: string): readonly AccountFile[]
}

/**
 * Text → routing table: every name resolved, every default filled in, the file's `tests` run.
 * All mistakes are reported at once, in file order.
 */
export function compileTable(
  file: string,
  text: string,
  services: TableServices,
): Result<RoutingTable> {
  const { source, diagnostics } = parseSource(file, text)
  const tool = mistakenFor(text, source.value, SECTIONS)
  if (tool) return otherTool(tool, source)
  if (source.value === undefined) return { ok: false, diagnostics, files: [] }
  const report = createReport(source, diagnostics)
  if (isEmpty(source.value)) {
    report.error([], 'the file is empty', 'start from the one that "jackfield init" writes')
    return { ok: false, diagnostics: report.all(), files: [] }
  }
  const { env, readFile } = services
  const interpolated = interpolate(source.value, { file, env, readFile }, report)
  const { filled } = interpolated
  const value = filled ? retyped(Routes, interpolated.value, filled) : interpolated.value
  const checked = checkDocument(Routes, value, interpolated.unfilled, report)
  const valid = validParts(checked, SECTIONS)
  const { written } = checked
  const over = interpolatedOver(interpolated, written)
  const table = valid && buildTable(valid, source, over, services, report.over(written))
  const found = report.all()
  if (!table || report.failed()) return { ok: false, diagnostics: found, files: interpolated.files }
  return { ok: true, value: frozen({ ...table, warnings: found }), warnings: found }
}

/** One diagnostic instead of one for each of its members. */
function otherTool(tool: OtherTool, source: Source): Result<never> {
  const report = createReport(source)
  report.error(
    [],
    `this is ${FILES[tool]}`,
    `"jackfield import ${source.file}" writes a routes.yaml from it`,
  )
  return { ok: false, diagnostics: report.all(), files: [] }
}

function isEmpty(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length === 0
}

/** Of the top level. */
const SECTIONS = Object.keys(Routes.properties)

function buildTable(
  valid: Valid,
  source: Source,
  interpolated: Interpolated,
  services: TableServices,
  report: Report,
): RoutingTable {
  const { document } = valid
  const providers = new Map<string, Provider>()
  const unresolved = new Set(valid.broken.providers)
  const { kinds, discovered } = services
  const serverProxy = document.server?.['proxy-url']
  const authDir = authFolder(document, source.file, services.env)
  const { accountsIn = () => [] } = services
  const context = {
    kinds,
    discovered,
    interpolated,
    source,
    report,
    serverProxy,
    authDir,
    accountsIn,
  }
  for (const [id, entry] of Object.entries(document.providers ?? {})) {
    const provider = readProvider(id, entry, context)
    if (provider) providers.set(id, provider)
    else unresolved.add(id)
  }
  const broken = { ...valid.broken, providers: unresolved }
  const callers = broken.anyCaller ? undefined : callerNames(document)
  const entries = readEntries(document, source, callers, report)
  const policy = readPolicy(document)
  const names = collectNames(entries, providers, policy.strategy)
  const resolve = compileRoutes(names)
  lint({ document, entries, names, broken }, report)
  warnOfSwitches(document, report)
  const server = readServer(document, broken.anyCaller, source.file, services, interpolated, report)
  const table: RoutingTable = {
    file: source.file,
    text: source.text,
    providers,
    resolve,
    rules: readRules(document, callers, report),
    listed: listModels(entries, names, resolve),
    names: entries.filter(({ glob }) => !glob).map(({ name }) => name),
    apiKeys: readApiKeys(document, report),
    management: readManagement(document, report),
    authDir,
    server,
    policy,
    logging: readLogging(document, source.file, services.env),
    usage: readUsage(document, report),
    files: interpolated.files,
    warnings: [],
  }
  const switchedOn = (asked: string, facts: Facts): Resolution =>
    compileRoutes(collectNames(entries, allOn(providers), policy.strategy))(asked, facts)
  runTests(document, { resolve: table.resolve, providers, switchedOn, broken }, report)
  return table
}

function readRules(
  document: Document,
  callers: ReadonlySet<string> | undefined,
  report: Report,
): Rule[] {
  return (document.rules ?? []).map((written, index) => {
    const path = ['rules', index]
    const when = readWhen(written.when, [...path, 'when'], callers, report)
    const edits = readEdits(written, path, report)
    return { edits, when }
  })
}

/** Freezes plain objects and lists all the way down, and the values of maps; maps themselves cannot be frozen. */
function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  if (value instanceof Map) {
    for (const entry of value.values()) frozen(entry)
    return value
  }
  const plain = Object.getPrototypeOf(value) === Object.prototype
  if (!plain && !Array.isArray(value)) return value
  Object.freeze(value)
  for (const member of Object.values(value)) frozen(member)
  return value
}
