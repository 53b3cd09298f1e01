import { parse, stringify } from 'yaml'
import { isObject, type JsonObject, parseObject } from '../../lib/json.ts'
import { compileTable, type TableServices } from '../compile-table.ts'
import type { Diagnostic } from '../diagnostic.ts'
import { importClaudeCodeProxy, parseDotenv } from './claude-code-proxy.ts'
import { importClaudeCodeRouter } from './claude-code-router.ts'
import { importCliProxyApi } from './cli-proxy-api.ts'
import type { Draft, Routes } from './draft.ts'
import { importLiteLlm } from './litellm.ts'

export type Imported = { from: string; text: string; notes: string[] }

/**
 * Another tool's configuration as a routes.yaml that compiles. What has no equivalent, or leads
 * nowhere, is noted instead. Undefined: the text is of no tool that is known.
 */
export function importConfig(
  name: string,
  text: string,
  services: TableServices,
): Imported | undefined {
  const draft = draftOf(name, text)
  if (!draft) return undefined
  for (;;) {
    const written = rendered(draft)
    const compiled = compileTable('routes.yaml', written, {
      ...services,
      env: anySet(services.env),
    })
    if (compiled.ok) return { from: draft.from, text: written, notes: draft.notes }
    if (!takenOut(draft, compiled.diagnostics))
      return {
        from: draft.from,
        text: written,
        notes: [...draft.notes, ...compiled.diagnostics.map(told)],
      }
  }
}

/** Variables need not be set on the machine where a file is taken over. */
function anySet(env: TableServices['env']): TableServices['env'] {
  return new Proxy(env, { get: (set, name) => set[String(name)] ?? 'http://set.later.invalid' })
}

function draftOf(name: string, text: string): Draft | undefined {
  if (/(^|[/\\])[^/\\]*\.env[^/\\]*$/.test(name)) return importClaudeCodeProxy(parseDotenv(text))
  const config = parseObject(text) ?? parseYaml(text)
  if (!config) return undefined
  if ('Providers' in config || 'Router' in config) return importClaudeCodeRouter(config)
  if ('model_list' in config) return importLiteLlm(config)
  const known = [
    'openai-compatibility',
    'auth-dir',
    'remote-management',
    'request-retry',
    'api-keys',
  ]
  const keyed = Object.keys(config).some(
    section => section.endsWith('-api-key') || known.includes(section),
  )
  return keyed ? importCliProxyApi(config) : undefined
}

function parseYaml(text: string): JsonObject | undefined {
  try {
    const value: unknown = parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** What does not compile leaves the draft with a note; false: there is nothing to take out. */
function takenOut({ routes, notes }: Draft, diagnostics: readonly Diagnostic[]): boolean {
  let taken = false
  for (const diagnostic of diagnostics) {
    const [, section = '', index] = /^([\w-]+)(?:\[(\d+)\])?/.exec(diagnostic.path) ?? []
    const entries = routes[section as keyof Routes]
    if (Array.isArray(entries) && index !== undefined) {
      // From the end, one a round: the others keep their places.
      entries.splice(Number(index), 1)
      notes.push(told(diagnostic))
      return true
    }
    if (!isObject(entries)) continue
    const name = Object.keys(entries)
      .sort((a, b) => b.length - a.length)
      .find(one => diagnostic.path.includes(one))
    if (name === undefined) continue
    delete entries[name]
    notes.push(told(diagnostic))
    taken = true
  }
  return taken
}

function told({ path, message, hint }: Diagnostic): string {
  return `${path}: left out: ${message}${hint ? ` (${hint})` : ''}`
}

const ABOUT: Partial<Record<keyof Routes, string>> = {
  server: 'Where to listen.',
  providers: 'Who answers.',
  models: 'What clients may ask for.',
  aliases: 'Other names, used only where no model of that name exists.',
  force: 'Other names, used even where a model of that name exists.',
  'api-keys': 'Who may call.',
  policy: 'How to share and retry.',
  rules: 'Changes to requests.',
}

function rendered({ from, routes, notes }: Draft): string {
  const head = [
    '# yaml-language-server: $schema=http://127.0.0.1:8317/routes.schema.json',
    `# Taken over from ${from} by "jackfield import".`,
    ...(notes.length > 0
      ? ['# Not taken over, or different here:', ...notes.map(note => `#   ${note}`)]
      : []),
  ]
  const sections = Object.entries(routes)
    .filter(([, value]) => !isObject(value) || Object.keys(value).length > 0)
    .map(([section, value]) => {
      const about = ABOUT[section as keyof Routes]
      const written = stringify({ [section]: value }, { lineWidth: 0, flowCollectionPadding: true })
      return `${about ? `# ${about}\n` : ''}${written.trimEnd()}`
    })
  return `${head.join('\n')}\n${sections.join('\n\n')}\n`
}
