import { mapKeeping } from '../lib/map-keeping.ts'
import type { Part } from './part.ts'
import type { ConversationRequest, Message } from './request.ts'

/** How files of each kind begin, read as Latin-1. */
const BEGINNINGS: readonly (readonly [mediaType: string, begins: (head: string) => boolean])[] = [
  ['image/png', head => head.startsWith('\u0089PNG\r\n\u001a\n')],
  ['image/jpeg', head => head.startsWith('\u00ff\u00d8\u00ff')],
  ['image/gif', head => head.startsWith('GIF87a') || head.startsWith('GIF89a')],
  ['image/webp', head => head.startsWith('RIFF') && head.startsWith('WEBP', 8)],
  ['application/pdf', head => head.slice(0, 16).includes('%PDF-')],
]
const KNOWN = new Set(BEGINNINGS.map(([mediaType]) => mediaType))

/**
 * Pictures and documents as upstreams can read them: a wrong media type is set right, and what is
 * broken becomes a note, since one bad picture in a history fails every later turn. `broken` is given
 * of each.
 */
export function withValidMedia(
  request: ConversationRequest,
  broken: (reason: string) => void,
): ConversationRequest {
  const mend = (part: Part): Part => mendPart(part, mend, broken)
  const messages = mapKeeping(request.messages, (message): Message => {
    const parts = mapKeeping(message.parts, mend)
    return parts === message.parts ? message : { ...message, parts }
  })
  return messages === request.messages ? request : { ...request, messages }
}

function mendPart(part: Part, mend: (part: Part) => Part, broken: (reason: string) => void): Part {
  if (part.type === 'tool-result') {
    const parts = mapKeeping(part.parts, mend)
    return parts === part.parts ? part : { ...part, parts }
  }
  if (part.type !== 'image' && part.type !== 'document') return part
  const { source } = part
  if (source.from !== 'base64' || !KNOWN.has(typeOf(source.mediaType))) return part
  const real = realType(source.data)
  if (real === source.mediaType) return part
  if (real) return { ...part, source: { ...source, mediaType: real } }
  const reason = `${article(part.type)} that is no ${source.mediaType}`
  broken(reason)
  return { type: 'text', text: `[${reason} was left out]` }
}

function typeOf(mediaType: string): string {
  return mediaType === 'image/jpg' ? 'image/jpeg' : mediaType
}

function article(type: 'image' | 'document'): string {
  return type === 'image' ? 'an image' : 'a document'
}

/** By its first bytes; undefined: no base64, or an unknown type. */
function realType(data: string): string | undefined {
  if (!/^[A-Za-z0-9+/_-]{8}/.test(data)) return undefined
  const head = Buffer.from(data.slice(0, 64), 'base64').toString('latin1')
  return BEGINNINGS.find(([, begins]) => begins(head))?.[0]
}
