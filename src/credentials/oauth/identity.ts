import { isObject, type JsonObject, type JsonValue, parseObject } from '../../lib/json/json.ts'
import { text } from '../../lib/json/read-json.ts'
import { ask, type OAuthHttp } from './ask.ts'
import type { IssuedTokens } from './tokens.ts'
import type { OAuthVendor } from './vendor.ts'

/**
 * What an account calls itself, for its label and its file's name; undefined: the vendor gives
 * nothing, and the user gives a label. Nothing is decided by it. Throws an `OAuthError` where it has
 * to be asked for.
 */
export async function identityOf(
  { title, identity }: OAuthVendor,
  tokens: IssuedTokens,
  http: OAuthHttp,
  nowMs: number,
): Promise<string | undefined> {
  switch (identity.from) {
    case 'none':
      return undefined
    case 'id-token': {
      const claims = claimsIn(tokens.idToken)
      return label(claims.email) ?? label(claims.sub)
    }
    case 'token-reply':
      return label(memberAt(tokens.rest, identity.path))
    case 'url': {
      const known = label(claimsIn(tokens.idToken).email)
      if (known !== undefined) return known
      const headers = { authorization: `Bearer ${tokens.accessToken}` }
      const question = { title, url: identity.url, headers, secrets: [tokens.accessToken] }
      const { members } = await ask(question, http, nowMs)
      return label(memberAt(members, identity.path))
    }
  }
}

/** The claims of a JWT; none where it is none. Its signature is not checked: it only names. */
export function claimsIn(idToken: string | undefined): JsonObject {
  const [, payload = ''] = (idToken ?? '').split('.')
  return parseObject(Buffer.from(payload, 'base64url').toString('utf8')) ?? {}
}

/** The member at the end of a path; undefined: there is none. */
export function memberAt(members: JsonObject, path: readonly string[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>(
    (value, name) => (isObject(value) ? value[name] : undefined),
    members,
  )
}

const LONGEST = 254

/** Names files and is shown: no control characters, no absurd length. */
function label(value: JsonValue | undefined): string | undefined {
  const name = text(value)?.trim() ?? ''
  return name === '' || name.length > LONGEST || /\p{Cc}/u.test(name) ? undefined : name
}
