import { GatewayError } from '../errors.ts'

/** Names are put into upstream paths, logs and headers; no known model has a longer one. */
const MAX_NAME_BYTES = 256

/** What is wrong with a model's name. `empty-segment` is the only one that real names have, too. */
export type NameProblem = {
  type: 'too-long' | 'control-character' | 'dot-segment' | 'empty-segment'
  text: string
}

/**
 * Why a name must not become a part of a URL's path; undefined: it may. Names are read as a server
 * may read them that resolves escapes, and escaped escapes, before it splits the path.
 */
export function nameProblem(name: string): NameProblem | undefined {
  if (Buffer.byteLength(name) > MAX_NAME_BYTES)
    return { type: 'too-long', text: `a name has at most ${MAX_NAME_BYTES} bytes` }
  const plain = unescaped(name)
  // Half a surrogate pair cannot be encoded either.
  if (CONTROL.test(plain) || !plain.isWellFormed())
    return { type: 'control-character', text: 'a name has no control characters' }
  if (plain.split(/[/\\]/).some(segment => DOTS.test(segment)))
    return { type: 'dot-segment', text: 'a name has no segment "." or ".."' }
  if (plain.replace(SCHEME, '$1/').split('/').includes(''))
    return { type: 'empty-segment', text: 'a name has no empty segment between slashes' }
  return undefined
}

/**
 * A name as a part of a URL's path, each of its segments escaped. A dot segment has no escaped
 * form: URL parsers take `%2e%2e` for `..`. Throws `invalid-request` for a name that has one.
 */
export function encodedPath(name: string): string {
  const problem = nameProblem(name)
  if (problem && problem.type !== 'empty-segment')
    throw new GatewayError('invalid-request', `model: ${problem.text}`, { param: 'model' })
  return name.split('/').map(encodeURIComponent).join('/')
}

const CONTROL = /\p{Cc}/u
/** Some servers cut a segment at `;` first. */
const DOTS = /^\.{1,2}(?:;.*)?$/s
/** `provider://model` is `provider/model`. */
const SCHEME = /^([^/]+):\/\//

/** Every round makes the text shorter, so this ends. */
function unescaped(text: string): string {
  const plain = text.replace(/%([0-9a-f]{2})/gi, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  )
  return plain === text ? text : unescaped(plain)
}
