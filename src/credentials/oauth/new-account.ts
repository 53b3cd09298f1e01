import { createHash } from 'node:crypto'
import type { JsonObject, JsonValue } from '../../lib/json/json.ts'
import { parseObject } from '../../lib/json/json.ts'
import { editJson, type JsonEdit } from '../../lib/json/json-edit.ts'
import { text } from '../../lib/json/read-json.ts'
import { ABSENT, StoreConflict } from '../../store/store.ts'
import { OAuthError } from './error.ts'
import { claimsIn, memberAt } from './identity.ts'
import type { IssuedTokens } from './tokens.ts'
import type { OAuthVendor } from './vendor.ts'

/** An account that was just signed in, as its file will hold it. */
export type NewAccount = {
  /** The name of a new file; a file that the account has already keeps its own. */
  file: string
  /** The account in messages. */
  label: string
  /** `undefined`: a member that the file must not have. */
  members: Readonly<JsonObject>
}

/** What is known of a sign-in besides its tokens. */
export type SignedIn = {
  label: string | undefined
  deviceId: string
  /** What it can be used with; absent: its vendor has no projects. */
  projects?: readonly string[]
  /** The user named the projects. */
  chosen?: boolean
}

/** `label`: the user's, else the account's own; undefined: it is called by the time of its sign-in. */
export function newAccount(
  vendor: OAuthVendor,
  tokens: IssuedTokens,
  { label, deviceId, projects, chosen = false }: SignedIn,
  nowMs: number,
): NewAccount {
  const { fileType, file: shape } = vendor
  const name = label ?? String(nowMs)
  const claims = claimsIn(tokens.idToken)
  return {
    file: fileNameOf(vendor, name, claims, projects),
    label: name,
    members: {
      type: fileType,
      ...shape.fixed,
      [shape.labelMember]: name,
      access_token: tokens.accessToken,
      refresh_token: tokens.refreshToken,
      id_token: tokens.idToken,
      sub: text(claims.sub),
      ...membersAt(tokens.rest, shape.fromReply),
      ...membersAt(claims, shape.fromIdToken ?? {}),
      device_id: shape.deviceId ? deviceId : undefined,
      last_refresh: timeText(nowMs),
      expired: tokens.expiresAtMs === undefined ? undefined : timeText(tokens.expiresAtMs),
      ...(shape.nestedToken ? nestedMembers(vendor, tokens, projects, chosen) : {}),
    },
  }
}

function membersAt(
  members: JsonObject,
  paths: Readonly<Record<string, readonly string[]>>,
): Record<string, JsonValue | undefined> {
  return Object.fromEntries(
    Object.entries(paths).map(([member, path]) => [member, memberAt(members, path)]),
  )
}

/**
 * `TYPE-NAME.json`; `TYPE-HASH-NAME-PLAN.json` where an account is not told by its name alone,
 * `TYPE-NAME-PROJECT.json` where it has projects.
 */
function fileNameOf(
  { fileType, file }: OAuthVendor,
  name: string,
  claims: JsonObject,
  projects: readonly string[] = [],
): string {
  const { account, plan } = file.nameClaims ?? {}
  const id = account && text(memberAt(claims, account))
  const hash = id && createHash('sha256').update(id).digest('hex').slice(0, HASH_DIGITS)
  const project = projects.length > 1 ? 'all' : projects[0]
  const parts = [fileType, hash, name, hash && plan && text(memberAt(claims, plan)), project]
  return `${parts
    .filter(Boolean)
    .join('-')
    .replace(/[^\w.@+-]/g, '_')}.json`
}

const HASH_DIGITS = 8

/** The form of Google's own libraries. What stands outside of `token` is newer, and is read first. */
function nestedMembers(
  { clientId, clientSecret, tokenUrl, scopes }: OAuthVendor,
  { accessToken, refreshToken, expiresAtMs }: IssuedTokens,
  projects: readonly string[] = [],
  chosen: boolean,
): JsonObject {
  const tokens: JsonObject = { access_token: accessToken, token_type: 'Bearer' }
  if (refreshToken !== undefined) tokens.refresh_token = refreshToken
  if (expiresAtMs !== undefined) tokens.expiry = timeText(expiresAtMs)
  const client: JsonObject = { client_id: clientId, scopes: [...scopes] }
  if (tokenUrl !== undefined) client.token_uri = tokenUrl
  if (clientSecret !== undefined) client.client_secret = clientSecret
  const token = { ...tokens, ...client, universe_domain: 'googleapis.com' }
  const project = { project_id: projects.join(','), auto: !chosen, checked: true }
  return { ...project, ...tokens, expired: undefined, token }
}

/** A folder of account files, as far as a new one needs it; the errors are those of `Store`. */
export type AccountFolder = {
  files(): readonly { name: string; bytes: Uint8Array | undefined }[]
  read(name: string): Promise<{ bytes: Uint8Array; version: string } | undefined>
  write(name: string, bytes: Uint8Array, expected: string): Promise<void>
}

/**
 * Writes the account into its folder; other members of a file that it has there already stay. Gives
 * the name of the file. Throws an `OAuthError` where a damaged file is in the way: that is left as it is.
 */
export async function saveAccount(folder: AccountFolder, account: NewAccount): Promise<string> {
  const file = existingFile(folder, account) ?? account.file
  for (let attempts = 1; ; attempts++) {
    const before = await folder.read(file)
    const bytes = before ? merged(before.bytes, file, account) : written(account)
    try {
      await folder.write(file, bytes, before?.version ?? ABSENT)
      return file
    } catch (error) {
      // A refresh of the account may have been quicker; what it wrote is out of date now.
      if (!(error instanceof StoreConflict) || attempts === MAX_ATTEMPTS) throw error
    }
  }
}

const MAX_ATTEMPTS = 20

/** Other programs name their files in other ways. */
function existingFile(folder: AccountFolder, { label, members }: NewAccount): string | undefined {
  const name = label.toLowerCase()
  const isSame = (file: JsonObject): boolean =>
    file.type === members.type &&
    isSameOrUnknown(file.account_id, members.account_id) &&
    (text(file.project_id) ?? '') === (text(members.project_id) ?? '') &&
    [file.email, file.label].some(value => text(value)?.toLowerCase() === name)
  return folder
    .files()
    .find(({ bytes }) => bytes && isSame(parseObject(decoder.decode(bytes)) ?? {}))?.name
}

/** Of the accounts that one e-mail may have. */
function isSameOrUnknown(before: JsonValue | undefined, after: JsonValue | undefined): boolean {
  return !before || !after || before === after
}

function written({ members }: NewAccount): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(members, null, 2)}\n`)
}

/** What another sign-in does not change is kept by `default`: the device is still the same one. */
function merged(bytes: Uint8Array, file: string, { members }: NewAccount): Uint8Array {
  const before = parseObject(decoder.decode(bytes))
  if (!before || before.type !== members.type)
    throw new OAuthError(
      'rejected',
      `${file} is there already and is no ${members.type} account; it is left as it is: remove it, or give another --label`,
    )
  const edits = Object.entries(members).map(([member, value]): JsonEdit => {
    const path = [member]
    if (value === undefined) return { kind: 'remove', path }
    return { kind: member === 'device_id' ? 'default' : 'set', path, value }
  })
  return editJson(bytes, edits)
}

const decoder = new TextDecoder()

/** RFC 3339 in whole seconds. */
function timeText(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z')
}
