import { REDACTED } from './redactor.ts'

/** Words in names of headers that hold secrets: `x-goog-api-key`, `x-amz-security-token`. */
const SECRET_WORD =
  /^(auth|pass|sig)$|(key|token|secret|password|passwd|passphrase|authorization|credentials?|cookies?|jwt|signature)$/i
/** What sign-ins hand over in queries, beyond those. */
const SECRET_PARAMETER = /^(code|state|assertion)$/i
const SCHEME = /^(bearer|basic|digest|negotiate|token|apikey)$/i

export function isSecretName(name: string): boolean {
  return name.split(/[-_.]/).some(word => SECRET_WORD.test(word))
}

/** `name: value`, one a line. `hidden`: further names whose values are not to be seen. */
export function redactedHeaders(headers: Headers, hidden: readonly string[] = []): string[] {
  return [...headers].map(([name, value]) => {
    if (!isSecretName(name) && !hidden.includes(name)) return `${name}: ${value}`
    const [scheme = ''] = value.split(' ', 1)
    return `${name}: ${SCHEME.test(scheme) ? `${scheme} ` : ''}${REDACTED}`
  })
}

/** What is redacted in headers: copies of it may stand elsewhere, in a body's metadata for one. */
export function secretsInHeaders(headers: Headers): string[] {
  return [...headers].flatMap(([name, value]) => (isSecretName(name) ? secretsIn(value) : []))
}

/** The whole value and its words: a scheme, names and attributes may stand around the secret. */
function secretsIn(value: string): string[] {
  const words = value.split(/[\s;,="]+/).filter(word => !SCHEME.test(word))
  const [scheme = '', encoded = ''] = value.split(' ')
  // User and password: a copy of them need not be in base64.
  const basic = /^basic$/i.test(scheme) ? Buffer.from(encoded, 'base64').toString().split(':') : []
  return [value, ...words, ...basic]
}

/** Matches one parameter of a query. */
const PARAMETER = /(?<=[?&])([^=&#?]+)=([^&#]*)/g

function isSecretParameter(name: string): boolean {
  return isSecretName(name) || SECRET_PARAMETER.test(name)
}

/** An address without the secrets of its query and without who signs in. */
export function redactedUrl(url: string): string {
  return url
    .replace(/\/\/[^/?#]*@/, `//${REDACTED}@`)
    .replace(PARAMETER, (whole, name: string) =>
      isSecretParameter(name) ? `${name}=${REDACTED}` : whole,
    )
}

export function secretsInUrl(url: string): string[] {
  return [...url.matchAll(PARAMETER)].flatMap(([, name = '', value = '']) =>
    isSecretParameter(name) ? [value, unescaped(value)] : [],
  )
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/**
 * Members of JSON that hold secrets by their name, also where the JSON stands in a string of other
 * JSON, and where it is cut. `token` and `key` alone are not among them: bodies call harmless things so.
 */
const SECRET_MEMBER =
  /(\\{0,15}")((?:x[-_])?(?:[a-z]+[-_])?api[-_]?key|(?:proxy[-_])?authorization(?:[-_]token)?|(?:access|refresh|id|auth|bearer|session|security)[-_]?token|(?:client[-_]?)?secret|private[-_]?key|password|(?:set[-_])?cookie)\1(\s*:\s*)\1[\s\S]*?(?:(?<!\\)\1|$)/gi

export function redactedBody(text: string): string {
  return text.replace(SECRET_MEMBER, `$1$2$1$3$1${REDACTED}$1`)
}
