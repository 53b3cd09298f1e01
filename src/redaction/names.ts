import type { Path } from '../lib/path.ts'

/**
 * What is called a secret: the one list of names for headers, variables, query parameters, members
 * of JSON and places of routes.yaml. Rather one too many, since hiding costs nothing.
 */

/** A name that ends so holds a secret wherever it stands. */
const SECRET = 'secret|password|passwd|passphrase|authorization|credentials?|cookies?|jwt'
const KEY = '(?:secret|private|access|api)[-_]?key'

/** `token` and `key` alone hold one in headers: bodies and routes.yaml call harmless things so. */
const SECRET_WORD = new RegExp(`^(?:auth|pass|sig)$|(?:${SECRET}|key|token|signature)$`, 'i')

/** Headers and variables: `x-goog-api-key`, `AWS_SESSION_TOKEN`, `x-amz-security-token`. */
export function isSecretName(name: string): boolean {
  return name.split(/[-_.]/).some(word => SECRET_WORD.test(word))
}

/** Also what sign-ins hand over (`code`, `state`), and parts of words: `hapikey`, `SharedKeyId`. */
const PARAMETER = /key|token|secret|pass|sig|code|assertion|^state$/i

/** Parameters of a query, and whatever is hidden without harm. */
export function mayNameSecret(name: string): boolean {
  return PARAMETER.test(name) || isSecretName(name)
}

const QUALIFIED_TOKEN = '(?:access|refresh|id|auth|bearer|session|security)[-_]?token'

/**
 * Members of JSON that hold secrets by their name, also where the JSON stands in a string of other
 * JSON, and where it is cut: `$1` is the quote, `$2` the name, `$3` what stands before the value.
 */
export const SECRET_MEMBER = new RegExp(
  `(\\\\{0,15}")((?:[a-z]{1,20}[-_]){0,3}(?:${SECRET}|authorization[-_]token|${KEY}|${QUALIFIED_TOKEN}))` +
    `\\1(\\s*:\\s*)\\1[\\s\\S]*?(?:(?<!\\\\)\\1|$)`,
  'gi',
)

const SECRET_PLACE = new RegExp(`(?:^|[-_.])(?:${SECRET}|${KEY}|token)$`, 'i')

/** Lists of keys, each a text or a mapping with a `key`. */
const KEY_LISTS: ReadonlySet<string> = new Set(['keys', 'api-keys'])

/** Whether a place of routes.yaml, or of something like it, holds a secret. */
export function isSecretPlace(path: Path): boolean {
  const last = path.at(-1)
  const [parent, list] = [path.at(-2), path.at(-3)]
  if (typeof last === 'number') return typeof parent === 'string' && KEY_LISTS.has(parent)
  if (last === undefined) return false
  if (KEY_LISTS.has(last)) return true
  if (parent === 'headers') return true
  if (last === 'key' && typeof parent === 'number')
    return typeof list === 'string' && KEY_LISTS.has(list)
  return SECRET_PLACE.test(last)
}

/** Headers that state what is sent or by whom; in any other one routes.yaml may hold a secret. */
const HARMLESS: ReadonlySet<string> = new Set([
  'accept',
  'accept-language',
  'anthropic-beta',
  'anthropic-version',
  'content-type',
  'http-referer',
  'openai-beta',
  'referer',
  'user-agent',
  'x-title',
])

/** Names, in lower case, of declared headers whose values must not be written down. */
export function secretHeaderNames(declared: Readonly<Record<string, string>>): string[] {
  return Object.keys(declared)
    .map(name => name.toLowerCase())
    .filter(name => !HARMLESS.has(name) && !declared[name]?.startsWith('$'))
}
