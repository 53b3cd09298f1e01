import { type OtherTool, toolOfConfig, toolOfVariables } from '../config/schema/other-tools.ts'
import { parseDotenv } from '../lib/files/dotenv.ts'
import { isObject } from '../lib/json/json.ts'
import { importClaudeCodeProxy } from './claude-code-proxy/index.ts'
import { importClaudeCodeRouter } from './claude-code-router/index.ts'
import { importCliProxyApi } from './cli-proxy-api/index.ts'
import { compileDraft } from './compile-draft.ts'
import { type Draft, type ImportServices, mergeNotes, type Note } from './draft.ts'
import { importLiteLlm } from './litellm/index.ts'
import { parseConfig } from './parse.ts'
import { TrackedSettings } from './tracked-settings.ts'

export type { ImportServices, Note } from './draft.ts'

export type Imported =
  | {
      ok: true
      /** The tool, and its file. */
      from: string
      /** A routes.yaml that compiles. */
      text: string
      notes: Note[]
      /** Settings that no reader knew; each has a note too. */
      unknown: string[]
      providers: number
    }
  | { ok: false; problem: string }

/**
 * Another tool's configuration as a routes.yaml that compiles. What has no equivalent, or leads
 * nowhere, is noted instead; what is not of any tool that is known is a problem, with its cure.
 */
export function importConfig(name: string, text: string, services: ImportServices): Imported {
  const source = sourceOf(name, text)
  if ('problem' in source) return { ok: false, problem: source.problem }
  const { reading, importer, broken } = source
  const draft = importer(reading, services)
  const unknown = reading.unread()
  for (const path of unknown)
    draft.noteDropped(
      path,
      'is not known to this import, or is not of the form it should have; it is not taken over',
    )
  for (const line of broken) draft.noteDropped(`line ${line}`, 'is not understood and is left out')
  const written = compileDraft(draft, services)
  if (written === undefined)
    return { ok: false, problem: 'its settings cannot be written as a routes.yaml' }
  return {
    ok: true,
    from: draft.from,
    text: written,
    notes: mergeNotes(draft.notes),
    unknown,
    // The demo stands in where there is none.
    providers: Object.values(draft.routes.providers).filter(({ kind }) => kind !== 'echo').length,
  }
}

type Importer = (reading: TrackedSettings, services: ImportServices) => Draft
type Source =
  | { reading: TrackedSettings; importer: Importer; broken: number[] }
  | { problem: string }

const IMPORTERS: Partial<Record<OtherTool, Importer>> = {
  CLIProxyAPI: importCliProxyApi,
  'claude-code-router': importClaudeCodeRouter,
  LiteLLM: importLiteLlm,
}

function sourceOf(name: string, text: string): Source {
  if (text.trim() === '') return { problem: 'it is empty' }
  if (text.startsWith('SQLite format 3'))
    return {
      problem:
        'it is a database; claude-code-router 3 keeps its settings there: import the config.json it had before',
    }
  if (/(^|[/\\])[^/\\]*\.env[^/\\]*$/.test(name)) return environment(text)
  const found = parseConfig(text)
  if (!found.ok) {
    const env = environment(text)
    return 'problem' in env ? { problem: `line ${found.line}: ${found.problem}` } : env
  }
  if (!isObject(found.value)) return environment(text)
  const config = found.value
  const tool = toolOfConfig(config)
  const importer = tool && IMPORTERS[tool]
  return importer
    ? { reading: new TrackedSettings(config), importer, broken: [] }
    : { problem: unknownProblem(Object.keys(config)) }
}

function environment(text: string): Source {
  const { values, broken } = parseDotenv(text)
  return toolOfVariables(values)
    ? { reading: new TrackedSettings(values), importer: importClaudeCodeProxy, broken }
    : { problem: unknownProblem(Object.keys(values)) }
}

function unknownProblem(names: readonly string[]): string {
  if (names.includes('providers') && names.includes('version'))
    return 'it is a routes.yaml already; "jackfield check" says whether it is good'
  const begins = names.length > 0 ? ` (it has ${names.slice(0, 4).map(short).join(', ')})` : ''
  return `it is of no tool that is known${begins}; "jackfield import --help" lists them`
}

/** Names only, and not all of a name that may be a secret. */
function short(name: string): string {
  return name.length > 24 ? `${name.slice(0, 12)}…` : name
}
