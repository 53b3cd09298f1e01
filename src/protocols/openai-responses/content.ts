import type { Citation, Part, PartOf, Source } from '../../conversation/index.ts'
import type { JsonObject, JsonValue } from '../../lib/json/json.ts'
import { number, objects, text, without } from '../../lib/json/read-json.ts'
import { withExtensions } from '../shared/extensions.ts'

/** Content of a message or of a tool's output: a string, or parts. */
export function decodeContent(content: JsonValue | undefined): Part[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }]
  return objects(content).map(decodePart)
}

export function decodePart(wire: JsonObject): Part {
  switch (wire.type) {
    case 'input_text':
    case 'output_text':
    case 'text':
    case 'summary_text':
      return decodeText(wire)
    case 'refusal':
      return { type: 'refusal', text: text(wire.refusal) ?? '' }
    case 'input_image':
      return decodeImage(wire)
    case 'input_file':
      return decodeFile(wire)
    default:
      return { type: 'opaque', protocol: 'openai-responses', wire }
  }
}

function decodeText(wire: JsonObject): Part {
  const citations = objects(wire.annotations).map(decodeCitation)
  return {
    type: 'text',
    text: text(wire.text) ?? '',
    citations: citations.length > 0 ? citations : undefined,
  }
}

function decodeImage(wire: JsonObject): Part {
  const url = text(wire.image_url)
  const id = text(wire.file_id)
  const rest = withExtensions('openai-responses', without(wire, 'type', 'image_url', 'file_id'))
  if (url !== undefined) return { type: 'image', source: sourceOf(url), ...rest }
  if (id === undefined) return { type: 'opaque', protocol: 'openai-responses', wire }
  return { type: 'image', source: { from: 'file', id, issuer: 'openai-responses' }, ...rest }
}

function decodeFile(wire: JsonObject): Part {
  const data = text(wire.file_data)
  const url = text(wire.file_url)
  const id = text(wire.file_id)
  const name = text(wire.filename)
  const rest = {
    name,
    ...withExtensions(
      'openai-responses',
      without(wire, 'type', 'file_data', 'file_url', 'file_id', 'filename'),
    ),
  }
  if (data !== undefined) return { type: 'document', source: sourceOf(data, true), ...rest }
  if (url !== undefined) return { type: 'document', source: { from: 'url', url }, ...rest }
  if (id === undefined) return { type: 'opaque', protocol: 'openai-responses', wire }
  return { type: 'document', source: { from: 'file', id, issuer: 'openai-responses' }, ...rest }
}

/** A data URL is its content; a file may also come as bare base64. */
function sourceOf(url: string, bare = false): Source {
  const head = /^data:([^,;]*)(?:;[^,]*)?;base64,/.exec(url.slice(0, 300))
  if (head) {
    const mediaType = head[1] || 'application/octet-stream'
    return { from: 'base64', mediaType, data: url.slice(head[0].length) }
  }
  if (bare && !/^(https?|data):/i.test(url))
    return { from: 'base64', mediaType: 'application/pdf', data: url }
  return { from: 'url', url }
}

export function decodeCitation(wire: JsonObject): Citation {
  const title = text(wire.title) ?? text(wire.filename)
  const url = text(wire.url)
  const start = number(wire.start_index)
  const end = number(wire.end_index)
  return {
    title,
    url,
    range: start === undefined || end === undefined ? undefined : [start, end],
    ...withExtensions('openai-responses', wire),
  }
}

/** Sources with an address; others have no form here. `at`: where the cited text ends. */
export function encodeCitation(citation: Citation, at: number): JsonObject[] {
  const own = citation.extensions?.['openai-responses']
  if (own) return [own]
  if (citation.url === undefined) return []
  const [start, end] = citation.range ?? [at, at]
  return [
    {
      type: 'url_citation',
      url: citation.url,
      title: citation.title ?? citation.url,
      start_index: start,
      end_index: end,
    },
  ]
}

export type Encoded = { wire: JsonObject } | { lost: string; instead?: string }

type Media = PartOf<'image' | 'document' | 'audio' | 'video'>

export function encodeMedia(part: Media): Encoded {
  if (part.type === 'image') return encodeImage(part)
  if (part.type === 'document') return encodeDocument(part)
  return { lost: `${part.type} has no equivalent`, instead: `[${part.type}]` }
}

function encodeImage(part: Media): Encoded {
  const { source } = part
  const head: JsonObject = {
    type: 'input_image',
    detail: 'auto',
    ...part.extensions?.['openai-responses'],
  }
  if (source.from === 'url') return { wire: { ...head, image_url: source.url } }
  if (source.from === 'base64')
    return { wire: { ...head, image_url: `data:${source.mediaType};base64,${source.data}` } }
  if (source.issuer === 'openai-responses') return { wire: { ...head, file_id: source.id } }
  return { lost: 'an image that only its own service holds', instead: '[image]' }
}

function encodeDocument(part: Media): Encoded {
  const { source, name } = part
  const head: JsonObject = { type: 'input_file', ...part.extensions?.['openai-responses'] }
  if (source.from === 'url') return { wire: { ...head, file_url: source.url } }
  if (source.from === 'file') {
    if (source.issuer === 'openai-responses' || source.issuer === 'openai-chat')
      return { wire: { ...head, file_id: source.id } }
    return {
      lost: 'a file that only its own service holds',
      instead: `[document ${name ?? source.id}]`,
    }
  }
  if (source.mediaType.startsWith('text/')) {
    const words = Buffer.from(source.data, 'base64').toString('utf8')
    return { wire: { type: 'input_text', text: name ? `${name}:\n${words}` : words } }
  }
  const data = `data:${source.mediaType};base64,${source.data}`
  return { wire: { ...head, filename: name ?? 'document.pdf', file_data: data } }
}
