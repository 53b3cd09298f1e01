import { timingSafeEqual } from 'node:crypto'
import { shownWords } from './error.ts'

/** What a vendor's redirect brought. */
export type CallbackParameters = {
  code?: string
  state?: string
  error?: string
  description?: string
}

const LONGEST = 16_384

/**
 * The parameters of a callback that the user pasted: a whole URL, `host/path?…`, `?code=…&state=…`,
 * `code=…&state=…` or `CODE#STATE`; in the query or in the fragment. A code may carry the state
 * behind `#` (Claude). Undefined: it is none of these.
 */
export function readCallback(pasted: string): CallbackParameters | undefined {
  const text = pasted.trim().replace(/^["'<]+|["'>]+$/g, '')
  if (text === '' || text.length > LONGEST || /\s/.test(text)) return undefined
  const bare = /^([^#?&=/]+)#([^#?&=/]+)$/.exec(text)
  if (bare) return { code: bare[1], state: bare[2] }
  const query = text.slice(text.search(/[?#]/) + 1)
  const parameters = new URLSearchParams(query.replaceAll(/[?#](?=(?:code|state|error)=)/g, '&'))
  return callbackIn(parameters)
}

/** The same of a query that is parsed already. Undefined: it has neither code nor error. */
export function callbackIn(parameters: URLSearchParams): CallbackParameters | undefined {
  const error = parameters.get('error') ?? undefined
  const [code, stateInCode] = (parameters.get('code') ?? '').split('#')
  if (!code && error === undefined) return undefined
  const description = parameters.get('error_description')
  return {
    code: code || undefined,
    state: parameters.get('state') ?? stateInCode,
    error: error === undefined ? undefined : shownWords(error),
    description: description === null ? undefined : shownWords(description),
  }
}

/** Whether a callback has exactly this state; how long that takes tells nothing of it. */
export function isOAuthState(given: string | undefined, expected: string): boolean {
  const [left, right] = [Buffer.from(given ?? ''), Buffer.from(expected)]
  return left.length === right.length && timingSafeEqual(left, right)
}
