import {
  isObject,
  type JsonObject,
  type JsonValue,
  jsonEntries,
  parseObject,
} from '../../lib/json/json.ts'
import { decodeSse } from '../../lib/streams/sse.ts'

/** Members in which the protocols say what the model said, in streams. */
const WORDS: ReadonlySet<string> = new Set([
  'text',
  'thinking',
  'partial_json',
  'content',
  'reasoning_content',
  'reasoning',
  'refusal',
  'arguments',
  'delta',
])
/** Gemini says the arguments of calls as an object. */
const ARGUMENTS = 'args'

const MAX_DEPTH = 12

/**
 * What the model says in a piece of an event stream, whatever its protocol: for an estimate of
 * streams that pass through undecoded and whose end is missing. Messages that are cut are skipped.
 */
export function wordsIn(stream: Uint8Array): string {
  const frames = decodeSse()
  let words = ''
  for (const { data } of frames.feed(stream)) {
    const event = parseObject(data)
    if (event && !saysItAgain(event)) words += wordsOf(event, 0)
  }
  return words
}

/** Of the events of Responses only the deltas say something new. */
function saysItAgain({ type }: JsonObject): boolean {
  return typeof type === 'string' && type.startsWith('response.') && !type.endsWith('.delta')
}

function wordsOf(value: JsonObject, depth: number): string {
  let words = ''
  for (const [name, member] of jsonEntries(value)) {
    if (name === ARGUMENTS && isObject(member)) words += JSON.stringify(member)
    else if (typeof member !== 'string') words += wordsBelow(member, depth + 1)
    else if (WORDS.has(name)) words += member
  }
  return words
}

function wordsBelow(value: JsonValue, depth: number): string {
  if (depth > MAX_DEPTH) return ''
  if (Array.isArray(value)) return value.map(one => wordsBelow(one, depth + 1)).join('')
  return isObject(value) ? wordsOf(value, depth) : ''
}
