import { looksLikeHash } from '../../lib/key-hash.ts'
import type { Path } from '../../lib/path.ts'
import type { Kind } from '../../providers/kind.ts'
import type { CredentialSpec } from '../../routing/table.ts'
import type { Report } from '../diagnostics/report.ts'
import type { ProviderEntry } from '../schema/routes.ts'
import { type Interpolated, type Missing, missingText } from '../yaml/interpolate.ts'
import { lintHeaders } from './header-lint.ts'
import { variableProblem } from './key-problems.ts'

type KeyEntry = NonNullable<ProviderEntry['keys']>[number]

/** What reading a provider's keys gathers. */
type Reading = {
  provider: string
  interpolated: Interpolated
  report: Report
  /** Names that are given. */
  names: Set<string>
  /** By key and its headers, where it stands first. */
  places: Map<string, number>
  /** Warnings of keys that are left out. */
  leftOut: (() => void)[]
}

type ProviderKeys = {
  keys: CredentialSpec[]
  /** Reports the keys that are left out; not called for a provider that is switched off. */
  warnOfLeftOut(): void
}

export function readKeys(
  provider: string,
  entry: ProviderEntry,
  kind: Kind,
  interpolated: Interpolated,
  report: Report,
): ProviderKeys {
  const leftOut: (() => void)[] = []
  const reading = {
    provider,
    interpolated,
    report,
    names: new Set<string>(),
    places: new Map(),
    leftOut,
  }
  const credentials = (entry.keys ?? []).flatMap((key, index) => readKey(key, index, reading))
  if (credentials.length === 0 && (kind.keyless || kind.auth === 'none'))
    credentials.push({
      id: `${provider}/none`,
      provider,
      secret: '',
      headers: {},
      weight: 1,
      priority: 0,
    })
  return {
    keys: credentials,
    warnOfLeftOut: () => {
      for (const warn of leftOut) warn()
    },
  }
}

function readKey(key: KeyEntry, index: number, reading: Reading): CredentialSpec[] {
  const { provider, interpolated, report } = reading
  const path = ['providers', provider, 'keys', index]
  const entry: Exclude<KeyEntry, string> = typeof key === 'string' ? { key } : key
  const secret = entry.key.trim()
  const missing = interpolated.missingKey(path)
  if (missing !== undefined || secret === '') {
    const what = missing ? missingText(missing) : 'it is empty'
    const cure = missing ? remedyFor(missing) : 'write it'
    reading.leftOut.push(() =>
      report.warn(path, `key left out: ${what}`, `${cure}, or take the key out`),
    )
    return []
  }
  const headers = entry.headers ?? {}
  const name = entry.name ?? `key-${index + 1}`
  lintKey(entry.key, path, report)
  noteRepeats(secret + JSON.stringify(headers), name, path, reading)
  lintHeaders(headers, [...path, 'headers'], report)
  return [
    {
      id: `${provider}/${name}`,
      provider,
      secret,
      headers,
      proxy: entry['proxy-url'] || undefined,
      weight: entry.weight ?? 1,
      priority: entry.priority ?? 0,
    },
  ]
}

function lintKey(secret: string, path: Path, report: Report): void {
  if (looksLikeHash(secret.trim()))
    report.error(
      path,
      'a hash opens nothing at a provider',
      'write the key itself, or ${NAME}; only api-keys can be hashes',
    )
  const problem = variableProblem(secret)
  if (problem) report.error(path, problem.message, problem.hint)
  else if (/^[ \t]|[ \t]$/.test(secret))
    report.warn(path, 'the key begins or ends with a blank, which is not sent', 'take it out')
}

function noteRepeats(
  identity: string,
  name: string,
  path: Path,
  { report, names, places }: Reading,
): void {
  const same = places.get(identity)
  if (same === undefined) places.set(identity, Number(path.at(-1)))
  else
    report.warn(
      path,
      `the same key as keys[${same}]`,
      'take one out: they share what the provider allows',
    )
  if (names.has(name))
    report.error(
      [...path, 'name'],
      `the name "${name}" is used twice in this provider`,
      'give each key a name of its own',
    )
  names.add(name)
}

/**
 * `isMissing`: it has no credential, so the remedy belongs to the reason. `unset`: setting a
 * variable, writing a file, or signing in would switch it on.
 */
export type Off = { reason: string; remedy: string; isMissing?: boolean; unset?: boolean }

const NO_KEY = { reason: 'no key', isMissing: true }

/** Why a provider is switched off; undefined: it is not. */
export function offReason(
  id: string,
  entry: ProviderEntry,
  { accounts }: Kind,
  credentials: readonly CredentialSpec[],
  { missingKey, filled }: Interpolated,
): Off | undefined {
  if (entry.disabled) return { reason: 'disabled in the file', remedy: 'take disabled out' }
  if (entry['base-url'] !== undefined && entry['base-url'].trim() === '')
    return { reason: 'its base-url is empty', remedy: 'write it, or take the provider out' }
  if (credentials.length > 0) return undefined
  const paths = (entry.keys ?? []).map((_, index) => ['providers', id, 'keys', index])
  if (paths.length === 0 && accounts)
    return {
      reason: 'no account is signed in',
      remedy: `jackfield login ${accounts.type}`,
      isMissing: true,
      unset: true,
    }
  if (paths.length === 0) return { ...NO_KEY, remedy: 'add keys: [ … ]' }
  const missing = paths.map(missingKey).filter(key => key !== undefined)
  const remedy = [...new Set(missing.map(remedyFor))].join(' or ') || 'write one'
  const unset = paths.some(path => filled?.(path) || filled?.([...path, 'key']))
  return { ...NO_KEY, remedy, unset }
}

function remedyFor({ from, name }: Missing): string {
  return from === 'env' ? `set ${name}` : `write the file ${name}`
}
