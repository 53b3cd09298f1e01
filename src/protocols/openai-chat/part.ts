import type { Part, PartOf, Source } from '../../conversation/index.ts'
import type { JsonObject, JsonValue } from '../../lib/json.ts'
import { object, objects, text, without } from '../../lib/wire.ts'
import { extended } from './extended.ts'

/** Content of a message: a string, or parts. Null and absent are no parts. */
export function decodeContent(content: JsonValue | undefined): Part[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }]
  return objects(content).map(decodePart)
}

function decodePart(wire: JsonObject): Part {
  const cache = object(wire.cache_control)
  const part = decodePartBody(wire)
  return cache ? { ...part, cache: { ttl: cache.ttl === '1h' ? '1h' : '5m' } } : part
}

function decodePartBody(wire: JsonObject): Part {
  switch (wire.type) {
    case 'text':
    case 'input_text':
    case 'output_text':
      return {
        type: 'text',
        text: text(wire.text) ?? '',
        ...extended(without(wire, 'type', 'text', 'cache_control')),
      }
    case 'refusal':
      return { type: 'refusal', text: text(wire.refusal) ?? '' }
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

function decodeImage(wire: JsonObject): Part {
  const image = object(wire.image_url)
  const url = text(wire.image_url) ?? text(image?.url) ?? ''
  return {
    type: 'image',
    source: sourceOf(url),
    ...extended(without(image ?? {}, 'url')),
  }
}

function decodeVideo(wire: JsonObject): Part {
  const url = text(object(wire.video_url)?.url) ?? text(wire.video_url) ?? ''
  return { type: 'video', source: sourceOf(url) }
}

function decodeAudio(wire: JsonObject): Part {
  const audio = object(wire.input_audio) ?? {}
  return {
    type: 'audio',
    source: {
      from: 'base64',
      mediaType: `audio/${text(audio.format) ?? 'wav'}`,
      data: text(audio.data) ?? '',
    },
  }
}

function decodeFile(wire: JsonObject): Part {
  const file = object(wire.file) ?? {}
  const name = text(file.filename)
  const data = text(file.file_data)
  const source: Source =
    data === undefined
      ? { from: 'file', id: text(file.file_id) ?? '', issuer: 'openai-chat' }
      : sourceOf(data, 'application/pdf')
  return { type: 'document', source, ...(name === undefined ? {} : { name }) }
}

/** A data URL is its content; anything else is an address. */
export function sourceOf(url: string, plainMediaType?: string): Source {
  const data = /^data:([^;,]*)(?:;[^,]*)?,/.exec(url)
  if (data)
    return {
      from: 'base64',
      mediaType: data[1] || 'application/octet-stream',
      data: url.slice(data[0].length),
    }
  if (plainMediaType && !/^https?:/i.test(url))
    return { from: 'base64', mediaType: plainMediaType, data: url }
  return { from: 'url', url }
}

export function dataUrl(source: Extract<Source, { from: 'base64' }>): string {
  return `data:${source.mediaType};base64,${source.data}`
}

/** Undefined: this protocol has no such part, `why` says what is lost. */
export type Encoded = { wire: JsonObject } | { lost: string; instead?: string }

export function encodeMedia(part: PartOf<'image' | 'document' | 'audio' | 'video'>): Encoded {
  const { source } = part
  switch (part.type) {
    case 'image': {
      const own = part.extensions?.['openai-chat'] ?? {}
      if (source.from === 'file')
        return { lost: 'an image that only its own service holds', instead: '[image]' }
      const url = source.from === 'url' ? source.url : dataUrl(source)
      return { wire: { type: 'image_url', image_url: { url, ...own } } }
    }
    case 'audio': {
      if (source.from !== 'base64') return { lost: 'audio by address', instead: '[audio]' }
      const format = source.mediaType.replace(/^audio\/(x-)?/, '').replace('mpeg', 'mp3')
      return { wire: { type: 'input_audio', input_audio: { data: source.data, format } } }
    }
    case 'document':
      return encodeDocument(source, part.name)
    case 'video':
      if (source.from === 'file')
        return { lost: 'a video that only its own service holds', instead: '[video]' }
      return {
        wire: {
          type: 'video_url',
          video_url: { url: source.from === 'url' ? source.url : dataUrl(source) },
        },
      }
  }
}

function encodeDocument(source: Source, name: string | undefined): Encoded {
  if (source.from === 'file') {
    if (source.issuer !== 'openai-chat')
      return {
        lost: 'a file that only its own service holds',
        instead: `[document ${name ?? source.id}]`,
      }
    return { wire: { type: 'file', file: { file_id: source.id } } }
  }
  if (source.from === 'url')
    return { lost: 'a document by address', instead: `[document: ${source.url}]` }
  if (source.mediaType.startsWith('text/')) {
    const words = Buffer.from(source.data, 'base64').toString('utf8')
    return { wire: { type: 'text', text: name ? `${name}:\n${words}` : words } }
  }
  return {
    wire: { type: 'file', file: { filename: name ?? 'document.pdf', file_data: dataUrl(source) } },
  }
}
