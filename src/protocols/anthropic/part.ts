import {
  type Citation,
  type Extensions,
  isCapsuleText,
  type Message,
  type Part,
  type PartOf,
  type ServerStep,
  type Source,
  unpackCapsule,
  unpacked,
} from '../../conversation/index.ts'
import type { JsonObject, JsonValue } from '../../lib/json/json.ts'
import { object, objects, text, without } from '../../lib/json/read-json.ts'
import { sourceMemory } from '../../lib/json/source-memory.ts'
import { table } from '../../lib/json/table.ts'

const memory = sourceMemory('anthropic')

export function decodeMessages(wires: JsonValue | undefined, issuer: string): Message[] {
  return objects(wires).map(wire => ({
    role: wire.role === 'assistant' || wire.role === 'system' ? wire.role : 'user',
    parts: rememberedContent(wire.content, issuer),
    origin: 'anthropic',
    extensions: unread(wire, 'role', 'content'),
  }))
}

/** The members that the conversation has no place for: those not named. */
export function unread(wire: JsonObject, ...names: readonly string[]): Extensions | undefined {
  const members = without(wire, ...names)
  for (const _ in members) return { anthropic: members }
  return undefined
}

/** A string, or blocks. */
function decodeContent(content: JsonValue | undefined, issuer: string): Part[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }]
  const blocks = objects(content)
  if (blocks.some(isCarrier)) return unpackedBlocks(blocks, issuer)
  return blocks.map(block => decodeBlock(block, issuer))
}

/** Content whose form is remembered, unless it carried a capsule of this gateway. */
export function rememberedContent(content: JsonValue | undefined, issuer: string): Part[] {
  const parts = decodeContent(content, issuer)
  if (content === undefined || objects(content).some(isCarrier)) return parts
  return memory.remember(parts, content)
}

function unpackedBlocks(blocks: readonly JsonObject[], issuer: string): Part[] {
  return unpacked(
    blocks.map(block => {
      const capsule = unpackCapsule(sealedText(block))
      return capsule ? { type: 'carrier', capsule } : decodeBlock(block, issuer)
    }),
  )
}

function sealedText(wire: JsonObject): string {
  if (wire.type === 'thinking') return text(wire.signature) ?? ''
  return wire.type === 'redacted_thinking' ? (text(wire.data) ?? '') : ''
}

function isCarrier(wire: JsonObject): boolean {
  return isCapsuleText(sealedText(wire))
}

/** A block the conversation has no type for becomes `opaque`, unchanged. */
export function decodeBlock(wire: JsonObject, issuer: string): Part {
  const cache = object(wire.cache_control)
  const part = decodeKnown(cache ? without(wire, 'cache_control') : wire, issuer)
  return cache ? { ...part, cache: { ttl: cache.ttl === '1h' ? '1h' : '5m' } } : part
}

function decodeKnown(wire: JsonObject, issuer: string): Part {
  switch (wire.type) {
    case 'text':
      return decodeText(wire)
    case 'image':
    case 'document':
      return decodeMedia(wire, wire.type)
    case 'thinking': {
      const signature = text(wire.signature)
      return {
        type: 'thinking',
        text: text(wire.thinking) ?? '',
        seal: signature ? sealOf(issuer, signature) : undefined,
        extensions: unread(wire, 'type', 'thinking', 'signature'),
      }
    }
    case 'redacted_thinking':
      return { type: 'thinking-redacted', seal: sealOf(issuer, text(wire.data) ?? '') }
    case 'tool_use':
      return {
        type: 'tool-call',
        id: text(wire.id) ?? '',
        name: text(wire.name) ?? '',
        arguments: JSON.stringify(wire.input ?? {}),
        runsOn: 'client',
        extensions: unread(wire, 'type', 'id', 'name', 'input'),
      }
    case 'tool_result':
      return {
        type: 'tool-result',
        callId: text(wire.tool_use_id) ?? '',
        parts: decodeContent(wire.content, issuer),
        failed: wire.is_error === true,
        runsOn: 'client',
        extensions: unread(wire, 'type', 'tool_use_id', 'content', 'is_error'),
      }
    default: {
      const means = stepOf(wire)
      return { type: 'opaque', protocol: 'anthropic', wire, means }
    }
  }
}

export function sealOf(issuer: string, value: string) {
  return { issuer, protocol: 'anthropic' as const, value }
}

const STEPS = table<ServerStep['does']>({
  web_search: 'web-search',
  web_fetch: 'web-fetch',
  code_execution: 'code-execution',
  bash_code_execution: 'code-execution',
})

/** A tool the upstream ran itself, or its result, in the form that other protocols can send. */
function stepOf(wire: JsonObject): ServerStep | undefined {
  if (wire.type === 'server_tool_use') {
    const does = STEPS[text(wire.name) ?? '']
    const input = object(wire.input)
    const query = text(input?.query)
    const url = text(input?.url)
    const code = text(input?.code) ?? text(input?.command)
    return (
      does && {
        does,
        id: text(wire.id) ?? '',
        query,
        url,
        code,
      }
    )
  }
  if (wire.type !== 'web_search_tool_result') return undefined
  const sources = objects(wire.content).flatMap(source => {
    const url = text(source.url)
    const title = text(source.title)
    return url === undefined ? [] : [{ url, title }]
  })
  return { does: 'web-search', id: text(wire.tool_use_id) ?? '', sources }
}

function decodeText(wire: JsonObject): Part {
  const citations = objects(wire.citations).map(decodeCitation)
  return {
    type: 'text',
    text: text(wire.text) ?? '',
    citations: citations.length > 0 ? citations : undefined,
    extensions: unread(wire, 'type', 'text', 'citations'),
  }
}

function decodeMedia(wire: JsonObject, type: 'image' | 'document'): Part {
  const source = decodeSource(object(wire.source) ?? {})
  if (!source) return { type: 'opaque', protocol: 'anthropic', wire }
  const name = text(wire.title)
  return {
    type,
    source,
    name,
    extensions: unread(wire, 'type', 'source', 'title'),
  }
}

/** Undefined: a source of blocks, which stays opaque. */
function decodeSource(wire: JsonObject): Source | undefined {
  switch (wire.type) {
    case 'base64':
      return {
        from: 'base64',
        mediaType: text(wire.media_type) ?? 'application/octet-stream',
        data: text(wire.data) ?? '',
      }
    case 'text':
      return {
        from: 'base64',
        mediaType: text(wire.media_type) ?? 'text/plain',
        data: Buffer.from(text(wire.data) ?? '').toString('base64'),
      }
    case 'url':
      return { from: 'url', url: text(wire.url) ?? '' }
    case 'file':
      return { from: 'file', id: text(wire.file_id) ?? '', issuer: 'anthropic' }
    default:
      return undefined
  }
}

export function decodeCitation(wire: JsonObject): Citation {
  const title = text(wire.title) ?? text(wire.document_title)
  const url = text(wire.url)
  const quote = text(wire.cited_text)
  return {
    title,
    url,
    quote,
    extensions: unread(wire),
  }
}

/** Only citations of this protocol: it demands sealed indices that no one else can make. */
export function encodeCitations(citations: readonly Citation[] | undefined): JsonObject[] {
  return (citations ?? []).flatMap(({ extensions }) =>
    extensions?.anthropic && extensions.anthropic.encrypted_index !== ''
      ? [extensions.anthropic]
      : [],
  )
}

/** A client also gets the sources of other protocols, with an index that seals nothing. */
export function encodeReplyCitation(citation: Citation): JsonObject[] {
  const own = citation.extensions?.anthropic
  if (own) return [own]
  if (citation.url === undefined) return []
  return [
    {
      type: 'web_search_result_location',
      url: citation.url,
      title: citation.title ?? null,
      cited_text: citation.quote ?? '',
      encrypted_index: '',
    },
  ]
}

export type Encoded = { wire: JsonObject } | { lost: string; instead?: string }

export function encodeMedia(part: PartOf<'image' | 'document' | 'audio' | 'video'>): Encoded {
  const { source } = part
  if (part.type === 'audio' || part.type === 'video')
    return { lost: `${part.type} has no equivalent`, instead: `[${part.type}]` }
  const own = part.extensions?.anthropic ?? {}
  const head: JsonObject = {
    type: part.type,
    title: part.type === 'document' && part.name ? part.name : undefined,
  }
  switch (source.from) {
    case 'url':
      return { wire: { ...head, source: { type: 'url', url: source.url }, ...own } }
    case 'file':
      if (source.issuer !== 'anthropic')
        return { lost: 'a file that only its own service holds', instead: `[${part.type}]` }
      return { wire: { ...head, source: { type: 'file', file_id: source.id }, ...own } }
    case 'base64':
      return encodeBase64(part.type, head, source, own)
  }
}

const IMAGES = /^image\/(png|jpeg|gif|webp)$/

function encodeBase64(
  type: 'image' | 'document',
  head: JsonObject,
  source: Extract<Source, { from: 'base64' }>,
  own: JsonObject,
): Encoded {
  const { mediaType, data } = source
  if (type === 'image') {
    const legal = mediaType === 'image/jpg' ? 'image/jpeg' : mediaType
    if (!IMAGES.test(legal))
      return { lost: `an image of type ${mediaType}`, instead: `[image of type ${mediaType}]` }
    return { wire: { ...head, source: { type: 'base64', media_type: legal, data }, ...own } }
  }
  if (mediaType.startsWith('text/')) {
    const words = Buffer.from(data, 'base64').toString('utf8')
    return {
      wire: { ...head, source: { type: 'text', media_type: 'text/plain', data: words }, ...own },
    }
  }
  if (mediaType !== 'application/pdf')
    return { lost: `a document of type ${mediaType}`, instead: `[document of type ${mediaType}]` }
  return { wire: { ...head, source: { type: 'base64', media_type: mediaType, data }, ...own } }
}
