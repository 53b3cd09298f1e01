import { compileTable, formatDiagnostic } from '../../src/config/index.ts'
import { type AccountFile, readAccountFile } from '../../src/credentials/accounts/account-file.ts'
import { kinds } from '../../src/providers/index.ts'
import type { Resolution, RoutingTable } from '../../src/routing/table.ts'

/** The machine that a file is compiled on. */
export type Machine = {
  env?: Record<string, string>
  files?: Record<string, string>
  /** What every upstream lists that is asked for its models; absent: none was asked yet. */
  lists?: string[]
  /** Signed-in accounts: what their files hold. */
  accounts?: object[]
  /** The text is the whole file: nothing is added that every file must have. */
  asItIs?: boolean
}

/** A small file made whole: with the version, and a provider, that every file must have. */
export function whole(text: string): string {
  let value: unknown
  try {
    value = Bun.YAML.parse(text)
  } catch {
    return text
  }
  const has = (key: string): boolean => typeof value === 'object' && value !== null && key in value
  // A mapping in braces, or a scalar, cannot be added to.
  if (/^\s*[{[]/.test(text) || Array.isArray(value) || (value && typeof value !== 'object'))
    return text
  const end = text === '' || text.endsWith('\n') ? '' : '\n'
  return `${text}${end}${has('version') ? '' : 'version: 1\n'}${has('providers') ? '' : 'providers: { unused: { kind: echo, disabled: true } }\n'}`
}

export function compiled(
  text: string,
  { env = {}, files = {}, lists, accounts = [], asItIs = false }: Machine = {},
  file = 'routes.yaml',
) {
  return compileTable(file, asItIs ? text : whole(text), {
    env,
    readFile(path) {
      const content = files[path]
      if (content === undefined) throw new Error(`no file ${path}`)
      return content
    },
    kinds,
    accountsIn: () => accounts.map(accountOf),
    ...(lists ? { discovered: () => lists.map(name => ({ name, discoveredAtMs: 0 })) } : {}),
  })
}

function accountOf(members: object): AccountFile {
  const bytes = new TextEncoder().encode(JSON.stringify({ access_token: 'a', ...members }))
  const read = readAccountFile('account.json', bytes)
  if (!read || 'problem' in read) throw new Error('no account')
  return read
}

/** Throws where the file has errors. */
export function tableOf(text: string, machine: Machine = {}, file = 'routes.yaml'): RoutingTable {
  const result = compiled(text, machine, file)
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join('\n'))
  return result.value
}

/** Errors and warnings as they are printed. */
export function diagnosticsOf(text: string, machine: Machine = {}, file = 'routes.yaml'): string[] {
  const result = compiled(text, machine, file)
  return (result.ok ? result.warnings : result.diagnostics).map(formatDiagnostic)
}

/** Steps as text: `a/x | b/y` shares the load; `,` falls back; `*3` is a weight. */
export function routeText(resolution: Resolution): string {
  if (!resolution.found) return ['not found', ...resolution.nearest].join(' ')
  const steps = resolution.route.steps.map(({ members }) =>
    members
      .map(({ provider, model, reasoning, weight }) => {
        const level =
          reasoning && ('effort' in reasoning ? reasoning.effort : reasoning.budgetTokens)
        return `${provider.id}/${model}${level === undefined ? '' : `(${level})`}${weight === 1 ? '' : `*${weight}`}`
      })
      .join(' | '),
  )
  return steps.join(', ') || 'nobody'
}
