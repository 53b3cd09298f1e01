import type { Part, PartOf, Source } from '../../../conversation/index.ts'
import type { JsonObject, JsonValue } from '../../../lib/json/json.ts'
import { object, objects, text, without } from '../../../lib/json/read-json.ts'
import type { Loss } from '../../codec.ts'
import { isAllWords, opaqueWords } from '../../shared/opaque-words.ts'
import { spellingOf, unlessEmpty, withSpelling } from '../spelling.ts'

/** Content of a message: a string, or parts. Null and absent are no parts. */
export function decodeContent(content: JsonValue | undefined): Part[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }]
  return objects(content).map(decodePart)
}

function decodePart(wire: JsonObject): Part {
  const cache = object(wire.cache_control)
  const part = decodeKnown(wire)
  return cache ? { ...part, cache: { ttl: cache.ttl === '1h' ? '1h' : '5m' } } : part
}

function decodeKnown(wire: JsonObject): Part {
  switch (wire.type) {
    case 'text':
    case 'input_text':
    case 'output_text':
      return decodeText(wire)
    case 'refusal':
      return {
        type: 'refusal',
        text: text(wire.refusal) ?? '',
        ...withSpelling(without(wire, 'type', 'refusal'), { part: true }),
      }
    case 'image_url':
      return decodeImage(wire)
    case 'input_audio':
      return decodeAudio(wire)
    case 'file':
      return decodeFile(wire)
    case 'video_url':
      return decodeVideo(wire)
    default:
      return { type: 'opaque', protocol: 'openai-chat', wire }
  }
}

function decodeText(wire: JsonObject): Part {
  const alias: JsonObject = wire.type === 'text' ? {} : { type: wire.type ?? 'text' }
  return {
    type: 'text',
    text: text(wire.text) ?? '',
    ...withSpelling(without(wire, 'type', 'text'), alias),
  }
}

function decodeImage(wire: JsonObject): Part {
  return { type: 'image', ...decodeAddressed(wire, 'image_url') }
}

function decodeVideo(wire: JsonObject): Part {
  return { type: 'video', ...decodeAddressed(wire, 'video_url') }
}

/** `{ image_url: { url, … } }`; some clients write the address itself. */
function decodeAddressed(wire: JsonObject, member: string) {
  const inner = object(wire[member]) ?? {}
  const bare = text(wire[member])
  const { source, shape } = sourceOf(bare ?? text(inner.url) ?? '')
  return {
    source,
    ...withSpelling(without(wire, 'type', member), {
      ...shape,
      ...unlessEmpty('inner', without(inner, 'url')),
      ...(bare === undefined ? {} : { bare: true }),
    }),
  }
}

function decodeAudio(wire: JsonObject): Part {
  const audio = object(wire.input_audio) ?? {}
  const format = text(audio.format) ?? 'wav'
  const mediaType = `audio/${format === 'mp3' ? 'mpeg' : format}`
  return {
    type: 'audio',
    source: { from: 'base64', mediaType, data: text(audio.data) ?? '' },
    ...withSpelling(without(wire, 'type', 'input_audio'), { inner: without(audio, 'data') }),
  }
}

function decodeFile(wire: JsonObject): Part {
  const file = object(wire.file) ?? {}
  const data = text(file.file_data)
  const id = text(file.file_id)
  if (data === undefined && id === undefined)
    return { type: 'opaque', protocol: 'openai-chat', wire }
  const name = text(file.filename)
  const consumed = data === undefined ? 'file_id' : 'file_data'
  const { source, shape } =
    data === undefined
      ? { source: { from: 'file' as const, id: id ?? '', issuer: 'openai-chat' }, shape: {} }
      : sourceOf(data, 'application/pdf')
  return {
    type: 'document',
    source,
    name,
    ...withSpelling(without(wire, 'type', 'file'), {
      ...shape,
      inner: without(file, 'filename', consumed),
    }),
  }
}

/**
 * A data URL is its content; anything else is an address, or bare base64 where a media type is
 * given. `shape.head` is what stood before the base64, where that is not how we write it.
 */
function sourceOf(url: string, bareMediaType?: string): { source: Source; shape: JsonObject } {
  const head = /^data:[^,;]*(?:;[^,]*)?;base64,/.exec(url.slice(0, 300))?.[0]
  if (head !== undefined) {
    const mediaType = /^data:([^,;]*)/.exec(head)?.[1] || 'application/octet-stream'
    const source: Source = { from: 'base64', mediaType, data: url.slice(head.length) }
    return { source, shape: head === headOf(mediaType) ? {} : { head } }
  }
  if (bareMediaType && !/^(https?|data|gs):/i.test(url)) {
    return { source: { from: 'base64', mediaType: bareMediaType, data: url }, shape: { head: '' } }
  }
  return { source: { from: 'url', url }, shape: {} }
}

function headOf(mediaType: string): string {
  return `data:${mediaType};base64,`
}

function addressOf(source: Exclude<Source, { from: 'file' }>, shape: JsonObject): string {
  if (source.from === 'url') return source.url
  return (text(shape.head) ?? headOf(source.mediaType)) + source.data
}

/** A part without an equivalent here is `lost`, for that reason; `instead` is text in its place. */
export type Encoded = { wire: JsonObject } | { lost: string; instead?: string }

/** A part of a message's content. Text may be empty; callers that must not send empty text check first. */
export function encodePart(part: Part): Encoded {
  switch (part.type) {
    case 'text':
      if (!part.extensions) return { wire: { type: 'text', text: part.text } }
      return {
        wire: {
          type: spellingOf(part).type ?? 'text',
          text: part.text,
          ...part.extensions?.['openai-chat'],
        },
      }
    case 'refusal':
      if (spellingOf(part).part !== true) return { wire: { type: 'text', text: part.text } }
      return { wire: { type: 'refusal', refusal: part.text, ...part.extensions?.['openai-chat'] } }
    case 'image':
    case 'document':
    case 'audio':
    case 'video':
      return encodeMedia(part)
    case 'opaque':
      return encodeOpaque(part)
    case 'thinking':
    case 'thinking-redacted':
    case 'tool-call':
    case 'tool-result':
      return { lost: `${part.type} cannot stand here` }
  }
}

/** Empty text is refused by half of the services. */
export function isNotBlank(text: string): boolean {
  return text.trim() !== ''
}

/** A part that is not blank, or the text in its place. */
export function encodeContentPart(part: Part, path: string, losses: Loss[]): JsonObject[] {
  const encoded = encodePart(part)
  if ('lost' in encoded) {
    losses.push({ path, reason: encoded.lost })
    return isNotBlank(encoded.instead ?? '') ? [{ type: 'text', text: encoded.instead ?? '' }] : []
  }
  const { wire } = encoded
  return wire.type === 'text' && !isNotBlank(text(wire.text) ?? '') ? [] : [wire]
}

function encodeOpaque({ protocol, wire }: PartOf<'opaque'>): Encoded {
  if (protocol === 'openai-chat') return { wire }
  const instead = opaqueWords(wire)
  if (isAllWords(wire)) return { wire: { type: 'text', text: instead } }
  return { lost: `${text(wire.type) ?? 'a block'} has no equivalent`, instead }
}

type Media = PartOf<'image' | 'document' | 'audio' | 'video'>

function encodeMedia(part: Media): Encoded {
  switch (part.type) {
    case 'image':
      return encodeAddressed(part, 'image_url')
    case 'video':
      return encodeAddressed(part, 'video_url')
    case 'audio':
      return encodeAudio(part)
    case 'document':
      return encodeDocument(part)
  }
}

function encodeAddressed(part: Media, member: string): Encoded {
  const { source, type } = part
  if (source.from === 'file')
    return { lost: `an ${type} that only its own service holds`, instead: `[${type}]` }
  const shape = spellingOf(part)
  const url = addressOf(source, shape)
  const inner = shape.bare === true ? url : { url, ...object(shape.inner) }
  return { wire: { type: member, [member]: inner, ...part.extensions?.['openai-chat'] } }
}

function encodeAudio(part: Media): Encoded {
  const { source } = part
  if (source.from !== 'base64') return { lost: 'audio by address', instead: '[audio]' }
  const format = source.mediaType.replace(/^audio\/(x-)?/, '').replace('mpeg', 'mp3')
  const inner = object(spellingOf(part).inner) ?? { format }
  return {
    wire: {
      type: 'input_audio',
      input_audio: { data: source.data, ...inner },
      ...part.extensions?.['openai-chat'],
    },
  }
}

function encodeDocument(part: Media): Encoded {
  const { source, name } = part
  const shape = spellingOf(part)
  const inner = object(shape.inner)
  const named: JsonObject = name === undefined ? {} : { filename: name }
  if (source.from === 'file') {
    if (source.issuer !== 'openai-chat') {
      return {
        lost: 'a file that only its own service holds',
        instead: `[document ${name ?? source.id}]`,
      }
    }
    return {
      wire: {
        type: 'file',
        file: { file_id: source.id, ...named, ...inner },
        ...part.extensions?.['openai-chat'],
      },
    }
  }
  if (inner) {
    const file = { file_data: addressOf(source, shape), ...named, ...inner }
    return { wire: { type: 'file', file, ...part.extensions?.['openai-chat'] } }
  }
  return encodeForeignDocument(source, name)
}

function encodeForeignDocument(
  source: Exclude<Source, { from: 'file' }>,
  name: string | undefined,
): Encoded {
  if (source.from === 'url')
    return { lost: 'a document by address', instead: `[document: ${source.url}]` }
  if (source.mediaType.startsWith('text/')) {
    const words = Buffer.from(source.data, 'base64').toString('utf8')
    return { wire: { type: 'text', text: name ? `${name}:\n${words}` : words } }
  }
  const file = {
    filename: name ?? 'document.pdf',
    file_data: headOf(source.mediaType) + source.data,
  }
  return { wire: { type: 'file', file } }
}
