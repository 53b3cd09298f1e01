import { type Message, type Part, type PartOf, toTurns } from '../../conversation/index.ts'
import { isObject, type JsonObject } from '../../lib/json/json.ts'
import { text } from '../../lib/json/read-json.ts'
import { sourceMemory } from '../../lib/json/source-memory.ts'
import type { Addressee, Loss } from '../codec.ts'
import { isAllWords, opaqueWords } from '../shared/opaque-words.ts'
import { isSealOf } from '../shared/seals.ts'
import { encodeMedia } from './content.ts'
import { sealedItem } from './item.ts'
import { searchItem } from './tool-search.ts'

const memory = sourceMemory('openai-responses')

/** One for one where every message is this protocol's own; else in the strictest form. */
export function encodeItems(
  messages: readonly Message[],
  to: Addressee,
  losses: Loss[],
): JsonObject[] {
  const own = messages.length > 0 && messages.every(({ origin }) => origin === 'openai-responses')
  const freeform = freeformCalls(messages)
  return (own ? messages : toTurns(messages)).flatMap((message, index) => {
    const asWritten = memory.recall(message.parts)
    if (isObject(asWritten)) return [asWritten]
    return new ItemWriter(message, to, `input[${index}]`, freeform, losses).items()
  })
}

function freeformCalls(messages: readonly Message[]): ReadonlySet<string> {
  const ids = new Set<string>()
  for (const { parts } of messages)
    for (const part of parts) if (part.type === 'tool-call' && part.freeform) ids.add(part.id)
  return ids
}

/** Content gathers into a message; calls, results and reasoning are items of their own. */
class ItemWriter {
  private readonly written: JsonObject[] = []
  private content: JsonObject[] = []
  private readonly role: string
  private readonly message: Message
  private readonly to: Addressee
  private readonly path: string
  private readonly freeform: ReadonlySet<string>
  private readonly losses: Loss[]

  constructor(
    message: Message,
    to: Addressee,
    path: string,
    freeform: ReadonlySet<string>,
    losses: Loss[],
  ) {
    this.message = message
    this.to = to
    this.path = path
    this.freeform = freeform
    this.losses = losses
    this.role = message.role === 'system' ? 'developer' : message.role
  }

  items(): JsonObject[] {
    for (const [index, part] of this.message.parts.entries())
      this.add(part, `${this.path}.content[${index}]`)
    this.flush()
    return this.written
  }

  private flush(): void {
    if (this.content.length === 0) return
    const content =
      this.role === 'assistant'
        ? this.content.map(part => text(part.text) ?? '').join('\n\n')
        : this.content
    this.written.push({ type: 'message', role: this.role, content })
    this.content = []
  }

  private item(wire: JsonObject): void {
    this.flush()
    this.written.push(wire)
  }

  private say(words: string): void {
    if (words.trim() !== '') this.content.push({ type: 'input_text', text: words })
  }

  private add(part: Part, path: string): void {
    switch (part.type) {
      case 'text':
      case 'refusal':
        this.say(part.text)
        return
      case 'image':
      case 'document':
      case 'audio':
      case 'video':
        this.media(part, path)
        return
      case 'thinking':
      case 'thinking-redacted':
        this.reasoning(part, path)
        return
      case 'tool-call':
        this.call(part, path)
        return
      case 'tool-result':
        this.result(part, path)
        return
      case 'opaque':
        if (part.protocol === 'openai-responses') {
          this.item(part.wire)
          return
        }
        if (!isAllWords(part.wire))
          this.losses.push({
            path,
            reason: `${text(part.wire.type) ?? 'a part'} has no equivalent`,
          })
        this.say(opaqueWords(part.wire))
        return
    }
  }

  private media(part: PartOf<'image' | 'document' | 'audio' | 'video'>, path: string): void {
    const encoded = encodeMedia(part)
    if ('wire' in encoded && this.role !== 'assistant') {
      this.content.push(encoded.wire)
      return
    }
    const lost =
      'wire' in encoded ? `${part.type} in an assistant's message has no equivalent` : encoded.lost
    this.losses.push({ path, reason: lost })
    this.say(('instead' in encoded && encoded.instead) || `[${part.type}]`)
  }

  /** Nothing is stored for us, so an item without its ciphertext would be refused. */
  private reasoning(part: PartOf<'thinking' | 'thinking-redacted'>, path: string): void {
    const { seal } = part
    if (isSealOf(seal, 'openai-responses', this.to.issuer)) {
      const item = sealedItem(seal.value)
      if (item && typeof item.encrypted_content === 'string') {
        this.item(item)
        return
      }
    }
    const reason =
      seal?.value && !isSealOf(seal, 'openai-responses', this.to.issuer)
        ? 'reasoning sealed by another upstream'
        : 'reasoning without a seal'
    this.losses.push({ path, reason })
  }

  private call(part: PartOf<'tool-call'>, path: string): void {
    if (part.runsOn === 'server') {
      const reason = `a call another upstream ran itself (${part.name})`
      this.losses.push({ path, reason })
      return
    }
    const search = searchItem(part)
    if (search) {
      this.item(search)
      return
    }
    const { namespace } = part
    const within = namespace === undefined ? {} : { namespace }
    const own = part.extensions?.['openai-responses'] ?? {}
    this.item(
      part.freeform
        ? {
            type: 'custom_tool_call',
            call_id: part.id,
            name: part.name,
            ...within,
            input: part.arguments,
            ...own,
          }
        : {
            type: 'function_call',
            call_id: part.id,
            name: part.name,
            ...within,
            arguments: part.arguments || '{}',
            ...own,
          },
    )
  }

  private result(part: PartOf<'tool-result'>, path: string): void {
    const search = searchItem(part)
    if (search) {
      this.item(search)
      return
    }
    const type = this.freeform.has(part.callId) ? 'custom_tool_call_output' : 'function_call_output'
    this.item({
      type,
      call_id: part.callId,
      output: this.outputOf(part, path),
      ...part.extensions?.['openai-responses'],
    })
  }

  /** Plain text where it is only text; a failure has no member of its own, so its text names it. */
  private outputOf({ parts, failed }: PartOf<'tool-result'>, path: string): string | JsonObject[] {
    const inner = new ItemWriter({ role: 'user', parts }, this.to, path, this.freeform, this.losses)
    const content = inner.items().flatMap(item => (Array.isArray(item.content) ? item.content : []))
    const wires = content.filter(isObject)
    const lead = failed && !/^\s*error/i.test(text(wires[0]?.text) ?? '') ? 'Error: ' : ''
    if (wires.every(wire => wire.type === 'input_text'))
      return lead + wires.map(wire => text(wire.text) ?? '').join('\n')
    return lead ? [{ type: 'input_text', text: lead.trim() }, ...wires] : wires
  }
}
