import type { JsonObject, JsonValue } from '../../lib/json/json.ts'
import type { Importing } from '../draft.ts'
import { applyRows, names, nonZero, number, on, type Read, type Row, record } from '../rows.ts'
import type { TrackedSettings } from '../tracked-settings.ts'
import { proxy } from './readers.ts'

export type KeyImporting = Importing & {
  /** Weights count only where the strategy is weighted. */
  weighted: boolean
  /** `force-model-prefix`: what has a prefix is reached by it alone. */
  forced: boolean
}

export const prefix: Read = (entry, name, { draft }) => {
  const written = entry.text(name)
  if (!written || /^[^/\s]+$/.test(written)) return written
  draft.noteDropped(
    entry.path(name),
    'has a slash or a space in it, for which it was ignored there too',
  )
  return undefined
}

/** `*` among the excluded models is the way to switch a key off. */
const exclusions: Read = (entry, name) => entry.texts(name).filter(glob => glob !== '*')
const allExcluded: Read = (entry, name) => entry.texts(name).includes('*') || undefined

/** A key's settings that belong to its provider here. */
export const PROVIDER: readonly Row[] = [
  { from: 'prefix', to: 'prefix', read: prefix },
  { from: 'priority', to: 'priority', read: nonZero },
  { from: 'headers', to: 'headers', read: record },
  { from: 'excluded-models', to: 'exclude', read: exclusions },
  { from: 'excluded-models', to: 'disabled', read: allExcluded },
  { from: 'disabled', to: 'disabled', read: on },
]

/** 0 and less take a key out of the turns. Without weighted turns a weight does nothing. */
const weight =
  (weighted: boolean): Read =>
  (entry, name, { draft }) => {
    const written = entry.number(name)
    if (written === undefined) return undefined
    if (weighted) return Math.max(0, Math.round(written))
    draft.noteUnneeded(entry.path(name), 'counts only with routing.strategy: weighted-round-robin')
    return undefined
  }

/** The details of one key; `proxyName` is the member that holds its proxy. */
export function readKeyDetails(
  entry: TrackedSettings,
  proxyName: string,
  importing: KeyImporting,
): JsonObject {
  const rows: Row[] = [
    { from: 'weight', to: 'weight', read: weight(importing.weighted) },
    { from: proxyName, to: 'proxy-url', read: proxy },
  ]
  return applyRows(rows, entry, importing, {})
}

/** Undefined: there is none. */
export function readKey(entry: TrackedSettings, importing: KeyImporting): JsonValue | undefined {
  const key = entry.text('api-key')
  const details = readKeyDetails(entry, 'proxy-url', importing)
  if (key === undefined) return undefined
  return Object.keys(details).length > 0 ? { key, ...details } : key
}

/** What a single key can have there, and cannot here. */
export const UNSUPPORTED: readonly Row[] = [
  {
    from: names('cloak fingerprint-profile experimental-cch-signing rebuild-mid-system-message'),
    dropped: 'no client is disguised as another here; requests go as the client made them',
  },
  {
    from: ['disable-cooling', 'disable_cooling'],
    read: on,
    dropped: 'cooldowns are the same for all: policy.cooldown',
  },
  {
    from: ['request-retry', 'request_retry'],
    read: number,
    dropped: 'rounds are the same for all: policy.request-retry',
  },
  {
    from: ['request-scoped-errors', 'request_scoped_errors'],
    dropped:
      'what follows an error is fixed: 400, 413 and 422 go back to the client, everything else goes on to the next',
  },
  {
    from: 'websockets',
    read: on,
    unneeded: 'upstreams are asked over HTTP, WebSocket clients too',
  },
  { from: 'alpha-search', read: on, dropped: '/v1/alpha/search is not spoken here' },
]
