import { isObject, type JsonValue, parseObject } from '../../lib/json/json.ts'
import { JsonBytesError, type Member, parseJson } from '../../lib/json/json-bytes.ts'
import { object, text } from '../../lib/json/read-json.ts'

/** Headers that name the conversation a request belongs to; the first one counts. */
const HEADERS = [
  'x-claude-code-session-id',
  'session-id',
  'session_id',
  'x-session-id',
  'x-session-affinity',
  'x-amp-thread-id',
  'x-client-request-id',
]
/** Members of a request that name it. */
const MEMBERS = ['metadata', 'session_id', 'sessionId', 'prompt_cache_key', 'conversation']
const LONGEST = 256

/**
 * Which conversation a request belongs to, as its client names it; undefined where it does not.
 * `members` are the body's, so that nothing is read twice.
 */
export function sessionOf(
  headers: Headers,
  body: Uint8Array,
  members: readonly Member[],
): string | undefined {
  for (const name of HEADERS) {
    const value = headers.get(name)
    const session = value && usable(value)
    if (session) return session
  }
  for (const name of MEMBERS) {
    for (const member of members) {
      if (member.key !== name) continue
      const session = usable(namedIn(name, parsedValue(body, member)))
      if (session) return session
      break
    }
  }
  return undefined
}

/** Undefined for a value so long that it is no name, and for one that is broken. */
function parsedValue(body: Uint8Array, { value: [start, end] }: Member): JsonValue | undefined {
  if (end - start > 4_096) return undefined
  try {
    return parseJson(body, [start, end])
  } catch (error) {
    if (error instanceof JsonBytesError) return undefined
    throw error
  }
}

function namedIn(member: string, value: JsonValue | undefined): string | undefined {
  if (member === 'metadata') return sessionInUser(text(object(value)?.user_id))
  if (member === 'conversation' && isObject(value)) return text(value.id)
  return text(value)
}

/** Claude Code puts JSON into this text, and older versions the session behind a word. */
function sessionInUser(user: string | undefined): string | undefined {
  if (user === undefined) return undefined
  return text(parseObject(user)?.session_id) ?? /_session_([\w-]+)$/.exec(user)?.[1]
}

function usable(name: string | undefined): string | undefined {
  const plain = name?.trim()
  if (!plain || plain.length > LONGEST) return undefined
  return /^[\x20-\x7e]+$/.test(plain) ? plain : undefined
}
