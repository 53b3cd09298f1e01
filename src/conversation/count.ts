import type { Part } from './part.ts'
import type { ConversationRequest, Tool } from './request.ts'
import { piecesOf } from './text-pieces.ts'

/** What framing a message, a tool and the request itself cost on top of their text. */
const PER_MESSAGE = 4
const PER_TOOL = 12
const PER_REQUEST = 3
/** A picture of unknown size, and a page of a document. */
const PER_IMAGE = 1_600
const PER_FILE_BYTE = 1 / 20
/** Text beyond this is estimated from what came before it: counting must not take seconds. */
const COUNTED_CHARACTERS = 400_000
/** As many as so much prose has; Base64 and random letters have more, and take longer. */
const COUNTED_TOKENS = 100_000

type Counter = (text: string) => number
let counter: Counter | undefined

/**
 * Input tokens of a request by the o200k tokenizer, rounded up. Other vendors' tokenizers differ
 * by some percent, so this is an upper-leaning estimate, not a bill.
 */
export async function countTokens(request: ConversationRequest): Promise<number> {
  await prepareCounting()
  return countTokensNow(request)
}

/** Loads the tokenizer, if it is not there yet. */
export async function prepareCounting(): Promise<void> {
  counter ??= await loadCounter()
}

/**
 * The same for whoever cannot wait; `prepareCounting` must have been waited for. `characters`: how
 * much of the text is read at most, the rest is estimated from that.
 */
export function countTokensNow(
  request: ConversationRequest,
  characters = COUNTED_CHARACTERS,
): number {
  const count = bounded(loaded(), characters)
  let total = PER_REQUEST + countParts(request.system, count)
  for (const message of request.messages) total += PER_MESSAGE + countParts(message.parts, count)
  for (const tool of request.tools) total += PER_TOOL + countTool(tool, count)
  if (request.format.type === 'json' && request.format.schema)
    total += count(JSON.stringify(request.format.schema))
  return Math.ceil(total)
}

/** Tokens of a text, which is read as far as that of a request is. */
export function countTextNow(text: string): number {
  return Math.ceil(bounded(loaded(), COUNTED_CHARACTERS)(text))
}

function loaded(): Counter {
  if (!counter) throw new Error('the tokenizer is not loaded')
  return counter
}

/** The ranks are megabytes, so they are loaded when first needed. */
async function loadCounter(): Promise<Counter> {
  const { encode } = await import('gpt-tokenizer/encoding/o200k_base')
  const asText = { allowedSpecial: new Set<string>(), disallowedSpecial: new Set<string>() }
  return text => encode(text, asText).length
}

function bounded(counter: Counter, most: number): Counter {
  let characters = 0
  let tokens = 0
  return text => {
    const before = { characters, tokens }
    for (const piece of piecesOf(text)) {
      if (characters >= most || tokens >= COUNTED_TOKENS) break
      characters += piece.length
      tokens += counter(piece)
    }
    const rest = text.length - (characters - before.characters)
    const estimated = rest > 0 ? rest * (tokens / Math.max(1, characters)) : 0
    return tokens - before.tokens + estimated
  }
}

function countTool(tool: Tool, count: Counter): number {
  if (tool.type === 'server') return count(JSON.stringify(tool.wire))
  const form = tool.type === 'custom' ? tool.format : tool.parameters
  return count(`${tool.name}\n${tool.description ?? ''}\n${JSON.stringify(form ?? {})}`)
}

function countParts(parts: readonly Part[], count: Counter): number {
  let total = 0
  for (const part of parts) total += countPart(part, count)
  return total
}

function countPart(part: Part, count: Counter): number {
  switch (part.type) {
    case 'text':
    case 'thinking':
    case 'refusal':
      return count(part.text)
    case 'thinking-redacted':
      return part.seal.value.length / 4
    case 'tool-call':
      return PER_TOOL + count(`${part.name} ${part.arguments}`)
    case 'tool-result':
      return PER_TOOL + countParts(part.parts, count)
    case 'image':
      return part.source.from === 'base64' ? imageTokens(part.source.data) : PER_IMAGE
    case 'document':
    case 'audio':
    case 'video':
      return part.source.from === 'base64'
        ? part.source.data.length * 0.75 * PER_FILE_BYTE
        : PER_IMAGE
    case 'opaque':
      return count(JSON.stringify(part.wire))
  }
}

/** A PNG says its size in its first bytes; pixels / 750 is what vendors document. */
function imageTokens(base64: string): number {
  const head = Buffer.from(base64.slice(0, 64), 'base64')
  if (head.length < 24 || head.readUInt32BE(0) !== 0x89504e47) return PER_IMAGE
  const pixels = head.readUInt32BE(16) * head.readUInt32BE(20)
  return Math.min(PER_IMAGE, Math.max(1, pixels / 750))
}
