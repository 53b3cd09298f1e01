import { isSecretName, mayNameSecret, SECRET_MEMBER } from './names.ts'
import { REDACTED } from './redactor.ts'
import { looksSecret } from './values.ts'

/** Secrets known by their name or their look; `redactor.ts` takes out those known by their value. */

const SCHEME = /^(bearer|basic|digest|negotiate|token|apikey)$/i

/** `name: value`, one a line. `hidden`: further names, in lower case, whose values are secret. */
export function redactHeaders(headers: Headers, hidden: readonly string[] = []): string[] {
  return [...headers].map(([name, value]) => {
    if (!isSecretName(name) && !hidden.includes(name)) return `${name}: ${value}`
    const [scheme = ''] = value.split(' ', 1)
    return `${name}: ${SCHEME.test(scheme) ? `${scheme} ` : ''}${REDACTED}`
  })
}

/** What `redactHeaders` hides: copies of it may stand elsewhere, in a body's metadata for one. */
export function secretsInHeaders(headers: Headers): string[] {
  return [...headers].flatMap(([name, value]) => (isSecretName(name) ? secretsIn(value) : []))
}

/** The value and its words: a scheme, names and attributes may stand around the secret. */
function secretsIn(value: string): string[] {
  const words = value.split(/[\s;,="]+/).filter(word => !SCHEME.test(word))
  const [scheme = '', encoded = ''] = value.split(' ')
  // User and password: a copy of them need not be in base64.
  const basic = /^basic$/i.test(scheme) ? Buffer.from(encoded, 'base64').toString().split(':') : []
  return [value, ...words, ...basic]
}

/** One parameter of a query. */
const PARAMETER = /(?<=[?&])([^=&#?]+)=([^&#]*)/g

/** An address without the secrets of its query, user and password. */
export function redactUrl(url: string): string {
  return url
    .replace(/\/\/[^/?#]*@/, `//${REDACTED}@`)
    .replace(PARAMETER, (parameter, name: string) =>
      mayNameSecret(name) ? `${name}=${REDACTED}` : parameter,
    )
}

/** What `redactUrl` hides in the query. */
export function secretsInUrl(url: string): string[] {
  return [...url.matchAll(PARAMETER)].flatMap(([, name = '', value = '']) =>
    mayNameSecret(name) ? [value, unescaped(value)] : [],
  )
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** JSON, or a text with JSON in it, without the values of members that are named as secrets are. */
export function redactBody(text: string): string {
  return text.replace(SECRET_MEMBER, `$1$2$1$3$1${REDACTED}$1`)
}

/** A sentence that quotes routes.yaml, where a key may stand in the place of a name. */
export function redactSentence(sentence: string): string {
  return sentence.replace(/[^\s"'(),]+/g, word => (looksSecret(word) ? '(a secret)' : word))
}
