import type { JsonObject, JsonValue } from '../../lib/json/json.ts'
import { isObject, parseObject } from '../../lib/json/json.ts'
import { JsonBytesError, scanObject } from '../../lib/json/json-bytes.ts'
import { editJson, type JsonEdit } from '../../lib/json/json-edit.ts'
import { flag, object, text } from '../../lib/json/read-json.ts'
import { plainText } from '../../lib/plain-text.ts'
import { fingerprintOf } from '../api-key.ts'
import type { IssuedTokens } from '../oauth/tokens.ts'

/** The tokens of an account, as its file has them. */
export type AccountTokens = {
  /** Empty: the file has none. */
  accessToken: string
  /** Absent: the account cannot be refreshed, as with a Claude setup token. */
  refreshToken?: string
  /** Absent: the file does not tell. */
  expiresAtMs?: number
  lastRefreshMs?: number
}

/** A signed-in account, in the formats of CLIProxyAPI (late 2025 to August 2026). */
export type AccountFile = {
  /** The name of the file. */
  file: string
  /** `claude`, `codex`, `gemini`, `qwen`, `iflow`, `kimi`, `xai`, … */
  type: string
  /** The account in lists, logs and routes.yaml: its e-mail, else its label, else the name of its file. */
  label: string
  /** Of the account, not of its tokens: the same after a refresh and after the next sign-in. */
  fingerprint: string
  tokens: AccountTokens
  disabled: boolean
  /** A `proxy-url`. */
  proxy?: string
  priority: number
  weight: number
  headers: Readonly<Record<string, string>>
  note?: string
  /** Members that are kept and have no effect here. */
  withoutEffect: readonly string[]
  /** All of it, as the file has it. */
  members: JsonObject
}

/** Why a file is not used. The sentence never holds a token. */
export type FileProblem = { file: string; problem: string }

const decoder = new TextDecoder('utf-8', { ignoreBOM: false })

/** Undefined: the file has no `type`, so it is no account. `bytes`: undefined where it cannot be read. */
export function readAccountFile(
  file: string,
  bytes: Uint8Array | undefined,
): AccountFile | FileProblem | undefined {
  if (!bytes)
    return { file, problem: 'it cannot be read; give this user the right to, or remove it' }
  const members = parseObject(decoder.decode(bytes))
  if (!members) return { file, problem: damage(bytes) }
  const type = text(members.type)
  if (!type) return undefined
  const email = shown(members.email)
  const label = email ?? shown(members.label) ?? file.replace(/\.json$/i, '')
  const tokens = readTokens(members)
  if (tokens.accessToken === '' && tokens.refreshToken === undefined && !text(members.api_key))
    return { file, problem: `it holds no token; sign in again: jackfield login ${type}` }
  const proxy = proxyIn(members)
  if (proxy !== undefined && !isProxy(proxy))
    return {
      file,
      problem: 'its proxy_url is no http, https, socks5 or socks5h address; mend it there',
    }
  return {
    file,
    type,
    label,
    fingerprint: fingerprintOf(identityOf(file, type, members)),
    tokens,
    disabled: members.disabled === true || members.disabled === 'true',
    proxy,
    priority: wholeNumber(members.priority) ?? 0,
    weight: Math.max(0, wholeNumber(members.weight) ?? 1),
    headers: headersIn(members),
    note: shown(members.note),
    withoutEffect: WITHOUT_EFFECT.filter(name => isGiven(members[name])),
    members,
  }
}

/** The file with new tokens; every other member stays byte for byte. */
export function withTokens(
  bytes: Uint8Array,
  { accessToken, refreshToken, expiresAtMs, idToken }: IssuedTokens,
  nowMs: number,
): Uint8Array {
  const members = parseObject(decoder.decode(bytes)) ?? {}
  const otherwise = object(members.token) ? 'expiry' : 'expired'
  const expiryName = EXPIRY.find(name => isGiven(members[name])) ?? otherwise
  const written: Record<string, JsonValue | undefined> = {
    access_token: accessToken,
    refresh_token: refreshToken,
    id_token: idToken,
    last_refresh: timeText(nowMs),
    [expiryName]:
      expiresAtMs === undefined ? undefined : timeLike(members[expiryName], expiresAtMs),
  }
  const edits = Object.entries(written).flatMap(([name, value]): JsonEdit[] =>
    value === undefined ? [] : [{ kind: 'set', path: [name], value }],
  )
  // A stale expiry would have every new token refreshed at once.
  if (expiresAtMs === undefined && isGiven(members[expiryName]))
    edits.push({ kind: 'remove', path: [expiryName] })
  return editJson(bytes, edits)
}

/** In the order in which they count; `token` holds those of Gemini CLI's files. */
const EXPIRY = ['expired', 'expire', 'expires_at', 'expiresAt', 'expiry', 'expires']
const LAST_REFRESH = ['last_refresh', 'lastRefresh', 'last_refreshed_at', 'lastRefreshedAt']

/** What other programs let an account file say and what has no effect here. */
const WITHOUT_EFFECT = [
  'prefix',
  'excluded_models',
  'model_aliases',
  'model-aliases',
  'request_retry',
  'request-retry',
  'disable_cooling',
  'disable-cooling',
  'request_scoped_errors',
  'request-scoped-errors',
  'refresh_interval',
  'refresh_interval_seconds',
]

function readTokens(members: JsonObject): AccountTokens {
  const nested = object(members.token) ?? {}
  const refreshToken = text(members.refresh_token) || text(nested.refresh_token)
  return {
    accessToken: text(members.access_token) || text(nested.access_token) || '',
    refreshToken: refreshToken || undefined,
    expiresAtMs: timeIn(members, EXPIRY) ?? timeIn(nested, EXPIRY),
    lastRefreshMs: timeIn(members, LAST_REFRESH),
  }
}

function timeIn(members: JsonObject, names: readonly string[]): number | undefined {
  for (const name of names) {
    const ms = timeOf(members[name])
    if (ms !== undefined) return ms
  }
  return undefined
}

/** Above this a Unix time is in milliseconds. */
const SECONDS_BELOW = 1e11
const WITHOUT_ZONE = /^\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?$/

/** RFC 3339, a Unix time, or the form of iFlow, which has no zone and means UTC. */
function timeOf(value: JsonValue | undefined): number | undefined {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
  if (typeof number === 'number') {
    if (!(number > 0)) return undefined
    return number < SECONDS_BELOW ? number * 1000 : number
  }
  if (typeof value !== 'string') return undefined
  const ms = Date.parse(WITHOUT_ZONE.test(value) ? `${value.replace(' ', 'T')}Z` : value)
  return Number.isNaN(ms) || ms <= 0 ? undefined : ms
}

/** As the member was spelled before. */
function timeLike(before: JsonValue | undefined, ms: number): JsonValue {
  if (typeof before !== 'number') return timeText(ms)
  return before < SECONDS_BELOW ? Math.floor(ms / 1000) : ms
}

function timeText(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z')
}

/** An e-mail stays through sign-ins; ChatGPT has several accounts to one, Google several projects. */
function identityOf(file: string, type: string, members: JsonObject): string {
  const person = ['email', 'sub', 'account_uuid', 'device_id']
    .map(name => text(members[name])?.trim().toLowerCase())
    .find(Boolean)
  if (!person) return `${type}\t${file}`
  return [type, person, text(members.account_id) ?? '', text(members.project_id) ?? ''].join('\t')
}

function proxyIn(members: JsonObject): string | undefined {
  const proxy = text(members.proxy_url)?.trim() || text(members['proxy-url'])?.trim()
  return proxy === 'none' ? 'direct' : proxy || undefined
}

function isProxy(proxy: string): boolean {
  return proxy === 'direct' || (/^(?:https?|socks5h?):\/\/./.test(proxy) && URL.canParse(proxy))
}

function headersIn(members: JsonObject): Record<string, string> {
  const entries = Object.entries(object(members.headers) ?? {})
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => isHeader(entry[0], entry[1])),
  )
}

function isHeader(name: string, value: JsonValue | undefined): boolean {
  return /^[\w!#$%&'*+.^`|~-]+$/.test(name) && typeof value === 'string' && isPrintable(value)
}

function isPrintable(value: string): boolean {
  return /^[\x20-\x7e]*$/.test(value)
}

function wholeNumber(value: JsonValue | undefined): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isInteger(number) ? number : undefined
}

/** A text that people wrote, on one line. */
function shown(value: JsonValue | undefined): string | undefined {
  const written = text(value)
  if (written === undefined) return undefined
  return (
    plainText(written)
      .replace(/\p{Cc}/gu, '')
      .slice(0, 100) || undefined
  )
}

function isGiven(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null || value === '' || flag(value) === false) return false
  return !(isObject(value) || Array.isArray(value)) || Object.keys(value).length > 0
}

/** Where a file is damaged, without anything of what it holds. */
function damage(bytes: Uint8Array): string {
  const remedy = 'restore it, or remove it and sign in again; it is left as it is'
  if (bytes.length === 0) return `it is empty; ${remedy}`
  try {
    scanObject(bytes)
  } catch (error) {
    if (error instanceof JsonBytesError) {
      const before = decoder.decode(bytes.subarray(0, error.at)).split('\n')
      return `it is no JSON object (line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}); ${remedy}`
    }
  }
  return `it is no JSON object; ${remedy}`
}
