import { isObject } from '../lib/json.ts'
import type { Kind } from '../providers/kind.ts'
import { readApiKeys } from './api-key-settings.ts'
import { callerNames } from './caller-names.ts'
import { checkDocument } from './check.ts'
import { allOn, collectNames } from './collect-names.ts'
import type { Result } from './diagnostic.ts'
import type { Discovered } from './discovery.ts'
import type { Document } from './document.ts'
import { type EditsEntry, readEdits } from './edits.ts'
import type { Facts } from './facts.ts'
import { frozen } from './frozen.ts'
import { type Interpolated, interpolate, interpolatedOver } from './interpolate.ts'
import { lint } from './lint.ts'
import { listModels } from './listing.ts'
import { readManagement } from './management.ts'
import { readEntries } from './names.ts'
import { FILES, mistakenFor, type OtherTool } from './other-tools.ts'
import { runTests } from './own-tests.ts'
import { readPolicy, warnOfSwitches } from './policy.ts'
import { resolveProvider } from './providers.ts'
import { readLogging, readUsage } from './records.ts'
import { createReport, type Report } from './report.ts'
import { createResolve } from './resolve.ts'
import { retyped } from './retype.ts'
import { Routes } from './schema/index.ts'
import { readServer } from './server-settings.ts'
import { type Sound, soundParts } from './sound.ts'
import { parseSource, type Source } from './source.ts'
import type { Provider, Resolution, RoutingTable, Rule } from './table.ts'
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
  const tool = mistakenFor(text, source.value, SECTIONS)
  if (tool) return otherTool(tool, source)
  if (source.value === undefined) return { ok: false, diagnostics, files: [] }
  const report = createReport(source, diagnostics)
  if (isEmpty(source.value)) {
    report.error(
      [],
      'value',
      'the file is empty',
      'start from the one that "jackfield init" writes',
    )
    return { ok: false, diagnostics: report.all(), files: [] }
  }
  const { env, readFile } = services
  const interpolated = interpolate(source.value, { file, env, readFile }, report)
  const { filled } = interpolated
  const value = filled ? retyped(Routes, interpolated.value, filled) : interpolated.value
  const checked = checkDocument(Routes, value, interpolated.unfilled, report)
  const sound = soundParts(checked, SECTIONS)
  const { written } = checked
  const over = interpolatedOver(interpolated, written)
  const table = sound && buildTable(sound, source, over, services, report.over(written))
  const found = report.all()
  if (!table || report.failed()) return { ok: false, diagnostics: found, files: interpolated.files }
  return { ok: true, value: frozen({ ...table, warnings: found }), warnings: found }
}

/** Its members would be complained of one by one, and none of it helps. */
function otherTool(tool: OtherTool, source: Source): Result<never> {
  const report = createReport(source)
  report.error(
    [],
    'value',
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
  sound: Sound,
  source: Source,
  interpolated: Interpolated,
  services: TableServices,
  report: Report,
): RoutingTable {
  const { document } = sound
  const providers = new Map<string, Provider>()
  const unresolved = new Set(sound.broken.providers)
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
    else unresolved.add(id)
  }
  const broken = { ...sound.broken, providers: unresolved }
  const callers = broken.anyCaller ? undefined : callerNames(document)
  const entries = readEntries(document, source, callers, report)
  const policy = readPolicy(document)
  const names = collectNames(entries, providers, policy.strategy)
  lint({ document, entries, names, broken }, report)
  warnOfSwitches(document, report)
  const server = readServer(document, broken.anyCaller, source.file, services, interpolated, report)
  const table: RoutingTable = {
    file: source.file,
    text: source.text,
    providers,
    resolve: createResolve(names),
    countsTokens: /\binput-tokens\b/.test(source.text),
    rules: readRules(document, callers, report),
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
    const when = readWhen(written.when as WhenEntry | undefined, [...path, 'when'], callers, report)
    const edits = readEdits(written as EditsEntry, path, report)
    return { edits, ...(when ? { when } : {}) }
  })
}
