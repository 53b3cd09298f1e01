import { didYouMean } from '../../lib/nearest.ts'
import type { Path } from '../../lib/path.ts'
import type { Kind } from '../../providers/kind.ts'
import { type Discovered, listIdentity } from '../../routing/discovered-models.ts'
import type { Provider } from '../../routing/table.ts'
import type { Report } from '../diagnostics/report.ts'
import { TIMEOUTS } from '../schema/defaults.ts'
import type { ProviderEntry } from '../schema/routes.ts'
import type { Interpolated } from '../yaml/interpolate.ts'
import type { Source } from '../yaml/source.ts'
import { lintHeaders } from './header-lint.ts'
import { type AccountContext, readAccounts, readVendor } from './provider-accounts.ts'
import { readAddresses } from './provider-addresses.ts'
import { type Off, offReason, readKeys } from './provider-keys.ts'
import { asksForList, declaredModels, modelsOf } from './provider-models.ts'
import { readTimeouts } from './timeouts.ts'

/** Kinds of the language that come with a later version. */
const LATER = new Set(['iflow', 'ai-studio'])

/** What reading a provider needs beside its own entry. */
type ProviderContext = {
  kinds: readonly Kind[]
  /** Absent: nothing was discovered. */
  discovered?: Discovered
  interpolated: Interpolated
  source: Source
  report: Report
  /** `server.proxy-url`, for providers without a proxy of their own. */
  serverProxy: string | undefined
} & Pick<AccountContext, 'authDir' | 'accountsIn'>

/** Undefined: the entry has errors, which are reported. */
export function readProvider(
  id: string,
  entry: ProviderEntry,
  context: ProviderContext,
): Provider | undefined {
  const { interpolated, source, report, discovered } = context
  const path = ['providers', id]
  if (!isProviderName(id, path, report)) return undefined
  const headers = entry.headers ?? {}
  lintHeaders(headers, [...path, 'headers'], report)
  const kind = readKind(entry, path, context)
  const speaks = kind && readAddresses(kind, entry, path, report)
  if (!speaks) return undefined
  const proxy = entry['proxy-url'] ?? context.serverProxy
  const vendor = readVendor(entry, kind)
  const { keys, warnOfLeftOut } = readKeys(id, entry, kind, interpolated, report)
  const accounts = readAccounts(id, entry, kind, vendor, { ...context, proxy: proxy || undefined })
  const credentials = [...keys, ...accounts]
  const off = offReason(id, entry, kind, credentials, interpolated)
  if (!off) warnOfLeftOut()
  else if (!entry.disabled) report.warn(path, `switched off: ${off.reason}`, off.remedy, 'key')
  const [speech] = speaks
  const [credential] = credentials
  const asks = !off && asksForList(entry, kind, path, report) && speech && credential
  const identity = asks ? listIdentity(kind, speech, headers, credential, proxy) : undefined
  const list = identity === undefined ? undefined : discovered?.(identity)
  const declared = declaredModels(entry, kind, index => report.at([...path, 'models', index]))
  return {
    id,
    kind,
    speaks,
    credentials,
    vendor,
    ...modelsOf(entry, declared, list),
    headers,
    timeouts: { ...TIMEOUTS, ...readTimeouts(entry.timeout) },
    priority: entry.priority ?? 0,
    off: off && offText(off),
    unset: off?.unset || undefined,
    discovery: identity === undefined ? undefined : { identity, known: list !== undefined },
    proxy: proxy || undefined,
    prefix: entry.prefix || undefined,
    at: source.at(path, 'key'),
  }
}

function isProviderName(id: string, path: Path, report: Report): boolean {
  if (/^[\w.-]+$/.test(id)) return true
  report.error(
    path,
    `a provider's name is made of letters, digits, "-", "_" and "."`,
    'targets are written NAME/model',
    'key',
  )
  return false
}

function readKind(
  { kind }: ProviderEntry,
  path: Path,
  { kinds, report }: ProviderContext,
): Kind | undefined {
  const found = kinds.find(({ id }) => id === kind)
  if (found) return found
  const known = kinds.map(({ id }) => id)
  const [message, hint] = LATER.has(kind)
    ? [`kind "${kind}" is not supported by this version yet`, 'take the provider out']
    : [`there is no kind "${kind}"`, didYouMean(kind, known) ?? `known: ${known.join(', ')}`]
  report.error([...path, 'kind'], message, hint)
  return undefined
}

function offText({ reason, remedy, isMissing }: Off): string {
  return isMissing ? `${reason}: ${remedy}` : reason
}
