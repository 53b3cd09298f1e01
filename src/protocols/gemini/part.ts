import {
  type Capsule,
  type CapsulePart,
  type Part,
  type PartOf,
  type Seal,
  type ServerStep,
  type Source,
  unpackCapsule,
} from '../../conversation/index.ts'
import type { JsonObject } from '../../lib/json/json.ts'
import { object, text } from '../../lib/json/read-json.ts'
import { table } from '../../lib/json/table.ts'
import { withExtensions } from '../shared/extensions.ts'
import { flagOf, objectsOf } from './lenient.ts'
import { member, others } from './names.ts'
import { PIECEWISE } from './partial-call.ts'

export function sealOf(issuer: string, value: string): Seal {
  return { issuer, protocol: 'gemini', value }
}

/** What a part's signature is: the service's own, one of our capsules, or none. */
export function signatureOf(wire: JsonObject): string | undefined {
  return text(member(wire, 'thoughtSignature')) || undefined
}

/**
 * A part of history; a capsule on it becomes a carrier in front of it. A call or a result whose wire
 * has no id has an empty one.
 */
export function decodePart(wire: JsonObject, issuer: string): (Part | CapsulePart)[] {
  const signature = signatureOf(wire)
  const capsule = signature === undefined ? undefined : unpackCapsule(signature)
  const seal = capsule || signature === undefined ? undefined : sealOf(issuer, signature)
  const carrier: CapsulePart[] = capsule ? [{ type: 'carrier', capsule }] : []
  const call = object(member(wire, 'functionCall'))
  if (call) return [...carrier, decodeCall(call, seal, capsule)]
  if (typeof wire.text === 'string') return [...carrier, ...decodeText(wire, wire.text, seal)]
  const result = object(member(wire, 'functionResponse'))
  if (result) return [decodeResult(result)]
  return [...carrier, decodeOther(wire)]
}

/** A signature behind text stands for what was thought before it: an empty thought of its own. */
function decodeText(wire: JsonObject, words: string, seal: Seal | undefined): Part[] {
  if (flagOf(wire.thought)) return [{ type: 'thinking', text: words, seal }]
  const texts: Part[] = words === '' ? [] : [{ type: 'text', text: words }]
  return seal ? [...texts, { type: 'thinking', text: '', seal }] : texts
}

function decodeCall(wire: JsonObject, seal: Seal | undefined, capsule: Capsule | undefined): Part {
  return {
    type: 'tool-call',
    id: text(wire.id) || idIn(capsule) || '',
    name: text(wire.name) ?? '',
    arguments: JSON.stringify(object(wire.args) ?? {}),
    runsOn: 'client',
    seal,
    ...withExtensions('gemini', others(wire, ['id', 'name', 'args', ...PIECEWISE])),
  }
}

/** The id that the call had when the capsule on it was packed, for clients that drop ids. */
function idIn(capsule: Capsule | undefined): string | undefined {
  const [id, ...more] = Object.keys(capsule?.calls ?? {})
  return more.length === 0 ? id : undefined
}

function decodeResult(wire: JsonObject): Part {
  const name = text(wire.name)
  const { words, failed } = outputOf(object(wire.response) ?? {})
  const media = objectsOf(wire.parts).map(decodeOther)
  return {
    type: 'tool-result',
    callId: text(wire.id) ?? '',
    name,
    parts: [...(words === '' ? [] : [{ type: 'text' as const, text: words }]), ...media],
    failed,
    runsOn: 'client',
  }
}

/** The one member that clients agree on, or the whole object. */
function outputOf(response: JsonObject): { words: string; failed: boolean } {
  const [only, ...more] = Object.entries(response)
  if (!only) return { words: '', failed: false }
  const [name, value] = only
  const known = name === 'output' || name === 'result' || name === 'content' || name === 'error'
  if (more.length > 0 || !known) return { words: JSON.stringify(response), failed: false }
  return {
    words: typeof value === 'string' ? value : JSON.stringify(value),
    failed: name === 'error',
  }
}

/** A file of the service's own store (`files.upload`); anything else on the net is for everybody. */
const STORED = /^https:\/\/generativelanguage\.googleapis\.com\/(upload\/)?(v[^/]+\/)?files\//i

export function decodeOther(wire: JsonObject): Part {
  const inline = object(member(wire, 'inlineData'))
  if (inline) {
    const mediaType = text(member(inline, 'mimeType')) ?? 'application/octet-stream'
    const source: Source = { from: 'base64', mediaType, data: text(inline.data) ?? '' }
    return media(mediaType, source, wire, text(member(inline, 'displayName')))
  }
  const file = object(member(wire, 'fileData'))
  const uri = text(member(file, 'fileUri'))
  if (!file || uri === undefined) return opaque(wire)
  const mediaType = text(member(file, 'mimeType'))
  const source: Source =
    /^https?:/.test(uri) && !STORED.test(uri)
      ? { from: 'url', url: uri, mediaType }
      : { from: 'file', id: uri, issuer: 'gemini' }
  return media(mediaType ?? 'application/octet-stream', source, wire, undefined)
}

function media(
  mediaType: string,
  source: Source,
  wire: JsonObject,
  name: string | undefined,
): Part {
  const [kind] = mediaType.split('/')
  const type = kind === 'image' || kind === 'audio' || kind === 'video' ? kind : 'document'
  const rest = others(wire, ['inlineData', 'fileData'])
  return {
    type,
    source,
    name,
    ...withExtensions('gemini', source.from === 'file' ? { ...rest, mimeType: mediaType } : rest),
  }
}

export function opaque(wire: JsonObject): Part {
  const means = stepOf(wire)
  return { type: 'opaque', protocol: 'gemini', wire, means }
}

/** Code that the service ran, in the form that other protocols can send. */
function stepOf(wire: JsonObject): ServerStep | undefined {
  const code = object(member(wire, 'executableCode'))
  const result = object(member(wire, 'codeExecutionResult'))
  const id = text(code?.id) ?? text(result?.id) ?? ''
  if (code) return { does: 'code-execution', id, code: text(code.code) ?? '' }
  return result && { does: 'code-execution', id, output: text(result.output) ?? '' }
}

export type Encoded = { wire: JsonObject } | { lost: string; instead?: string }

export function encodeMedia(part: PartOf<'image' | 'document' | 'audio' | 'video'>): Encoded {
  const { source } = part
  const { mimeType, ...own } = part.extensions?.gemini ?? {}
  switch (source.from) {
    case 'base64':
      // A text is written with its name; within a result it is the result.
      if (part.type === 'document' && source.mediaType.startsWith('text/')) {
        const words = Buffer.from(source.data, 'base64').toString('utf8')
        return { wire: { text: part.name ? `${part.name}:\n${words}` : words } }
      }
      return {
        wire: { inlineData: { mimeType: source.mediaType, data: source.data }, ...own },
      }
    case 'url': {
      const known = source.mediaType ?? mediaTypeOf(source.url, part.type)
      return { wire: { fileData: { mimeType: known, fileUri: source.url }, ...own } }
    }
    case 'file':
      if (source.issuer !== 'gemini')
        return { lost: 'a file that only its own service holds', instead: `[${part.type}]` }
      return {
        wire: {
          fileData: { mimeType, fileUri: source.id },
          ...own,
        },
      }
  }
}

const SUFFIXES = table<string>({
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  pdf: 'application/pdf',
  mp4: 'video/mp4',
  mp3: 'audio/mpeg',
  wav: 'audio/wav',
})
const USUAL = {
  image: 'image/jpeg',
  document: 'application/pdf',
  audio: 'audio/mpeg',
  video: 'video/mp4',
} as const

function mediaTypeOf(url: string, type: keyof typeof USUAL): string {
  const suffix = /\.([a-z0-9]+)(?:[?#]|$)/i.exec(url)?.[1]?.toLowerCase()
  return SUFFIXES[suffix ?? ''] ?? USUAL[type]
}
