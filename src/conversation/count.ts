import { tokenizer } from '../lib/tokenizer/tokenizer.ts'
import type { Part } from './part.ts'
import type { ConversationRequest, Tool } from './request.ts'

/** What framing a message, a tool and the request itself cost on top of their text. */
const PER_MESSAGE = 4
const PER_TOOL = 12
const PER_REQUEST = 3
/** A picture of unknown size, and a page of a document. */
const PER_IMAGE = 1_600
const PER_FILE_BYTE = 1 / 20
/** Text beyond this is estimated from what came before it. */
const MAX_COUNTED_CHARACTERS = 400_000
/** Of English prose; for what no tokenizer counted. */
const TOKENS_PER_CHARACTER = 1 / 4

/** What a request is made of: texts that are to be counted, and tokens that need no counting. */
class Content {
  /** As much of the texts as is counted. */
  readonly counted: string[] = []
  tokens = 0
  private characters = 0
  private countable: number

  constructor(maxCharacters: number) {
    this.countable = maxCharacters
  }

  addText(text: string): void {
    this.characters += text.length
    if (this.countable === 0 || text === '') return
    const counted = text.length > this.countable ? text.slice(0, this.countable) : text
    this.countable -= counted.length
    this.counted.push(counted)
  }

  /** What was not counted is as dense as what was. */
  async total(): Promise<number> {
    const { tokens, characters } = await tokenizer.count(this.counted)
    const density = characters > 0 ? tokens / characters : TOKENS_PER_CHARACTER
    return Math.ceil(this.tokens + tokens + (this.characters - characters) * density)
  }
}

/**
 * Input tokens of a request by the o200k tokenizer, rounded up; by length where that cannot be had.
 * Other vendors' tokenizers differ by some percent, so this is an upper-leaning estimate, not a
 * bill. `maxCharacters`: how much of the text is counted at most, the rest is estimated from that.
 */
export function countTokens(
  request: ConversationRequest,
  maxCharacters = MAX_COUNTED_CHARACTERS,
): Promise<number> {
  const content = new Content(maxCharacters)
  content.tokens += PER_REQUEST
  addParts(content, request.system)
  for (const message of request.messages) {
    content.tokens += PER_MESSAGE
    addParts(content, message.parts)
  }
  for (const tool of request.tools) {
    content.tokens += PER_TOOL
    content.addText(toolText(tool))
  }
  if (request.format.type === 'json' && request.format.schema)
    content.addText(JSON.stringify(request.format.schema))
  return content.total()
}

/** Tokens of a text, which is read as far as that of a request is. */
export function countText(text: string): Promise<number> {
  const content = new Content(MAX_COUNTED_CHARACTERS)
  content.addText(text)
  return content.total()
}

function toolText(tool: Tool): string {
  if (tool.type === 'server') return JSON.stringify(tool.wire)
  const form = tool.type === 'custom' ? tool.format : tool.parameters
  return `${tool.name}\n${tool.description ?? ''}\n${JSON.stringify(form ?? {})}`
}

function addParts(content: Content, parts: readonly Part[]): void {
  for (const part of parts) addPart(content, part)
}

function addPart(content: Content, part: Part): void {
  switch (part.type) {
    case 'text':
    case 'thinking':
    case 'refusal':
      content.addText(part.text)
      break
    case 'thinking-redacted':
      content.tokens += part.seal.value.length / 4
      break
    case 'tool-call':
      content.tokens += PER_TOOL
      content.addText(`${part.name} ${part.arguments}`)
      break
    case 'tool-result':
      content.tokens += PER_TOOL
      addParts(content, part.parts)
      break
    case 'image':
      content.tokens += part.source.from === 'base64' ? imageTokens(part.source.data) : PER_IMAGE
      break
    case 'document':
    case 'audio':
    case 'video':
      content.tokens +=
        part.source.from === 'base64' ? part.source.data.length * 0.75 * PER_FILE_BYTE : PER_IMAGE
      break
    case 'opaque':
      content.addText(JSON.stringify(part.wire))
      break
  }
}

/** A PNG states its size in its first bytes; vendors document pixels / 750. */
function imageTokens(base64: string): number {
  const head = Buffer.from(base64.slice(0, 64), 'base64')
  if (head.length < 24 || head.readUInt32BE(0) !== 0x89504e47) return PER_IMAGE
  const pixels = head.readUInt32BE(16) * head.readUInt32BE(20)
  return Math.min(PER_IMAGE, Math.max(1, pixels / 750))
}
