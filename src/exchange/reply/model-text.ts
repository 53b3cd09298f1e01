import {
  isObject,
  type JsonObject,
  type JsonValue,
  jsonEntries,
  parseObject,
} from '../../lib/json/json.ts'
import { decodeSse } from '../../lib/streams/sse.ts'

/** Members that hold the model's text in the streams of all protocols. */
const TEXT_MEMBERS: ReadonlySet<string> = new Set([
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
/** Gemini sends the arguments of calls as an object. */
const ARGUMENTS = 'args'

const MAX_DEPTH = 12

/**
 * The model's text in a piece of an event stream of any protocol: for an estimate of
 * streams that pass through undecoded and whose end is missing. Messages that are cut are skipped.
 */
export function modelText(stream: Uint8Array): string {
  const frames = decodeSse()
  let text = ''
  for (const { data } of frames.feed(stream)) {
    const event = parseObject(data)
    if (event && !repeatsDeltas(event)) text += textIn(event, 0)
  }
  return text
}

/** Of the events of Responses only the deltas have new text. */
function repeatsDeltas({ type }: JsonObject): boolean {
  return typeof type === 'string' && type.startsWith('response.') && !type.endsWith('.delta')
}

function textIn(object: JsonObject, depth: number): string {
  let text = ''
  for (const [name, member] of jsonEntries(object)) {
    if (name === ARGUMENTS && isObject(member)) text += JSON.stringify(member)
    else if (typeof member !== 'string') text += textBelow(member, depth + 1)
    else if (TEXT_MEMBERS.has(name)) text += member
  }
  return text
}

function textBelow(value: JsonValue, depth: number): string {
  if (depth > MAX_DEPTH) return ''
  if (Array.isArray(value)) return value.map(element => textBelow(element, depth + 1)).join('')
  return isObject(value) ? textIn(value, depth) : ''
}
