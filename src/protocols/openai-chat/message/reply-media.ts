import type { Part, PartOf } from '../../../conversation/index.ts'
import type { JsonObject } from '../../../lib/json/json.ts'
import { object, objects, text } from '../../../lib/json/read-json.ts'
import type { Asked } from '../../codec.ts'
import { withExtensions } from '../../shared/extensions.ts'

const ONE_HOUR_SECONDS = 3_600

/**
 * Images and audio of a reply, as members of its message: images as the aggregators
 * write them, speech as OpenAI does.
 */
export function encodeReplyMedia(
  part: PartOf<'image' | 'document' | 'audio' | 'video'>,
  asked: Asked,
): JsonObject {
  const { source } = part
  if (part.type === 'image' && source.from !== 'file') {
    const url =
      source.from === 'url' ? source.url : `data:${source.mediaType};base64,${source.data}`
    return { images: [{ type: 'image_url', image_url: { url } }] }
  }
  if (part.type === 'audio' && source.from === 'base64') {
    const expires_at = Math.floor(asked.atMs / 1000) + ONE_HOUR_SECONDS
    return { audio: { id: `audio_jf_${asked.id}`, data: source.data, transcript: '', expires_at } }
  }
  lost(part, asked)
  return { content: `[${part.type}]` }
}

/** A part of a reply that clients of this protocol have no place for. */
export function lost(part: Part, asked: Asked): void {
  const name = part.type === 'opaque' ? (text(part.wire.type) ?? 'a part') : part.type
  asked.losses?.push({ path: 'choices[0].message', reason: `${name} has no equivalent` })
}

/** Pictures in a reply, as aggregators send them. */
export function decodeReplyImages(message: JsonObject): Part[] {
  return objects(message.images).flatMap((wire): Part[] => {
    const url = text(object(wire.image_url)?.url)
    if (url === undefined) return []
    const head = /^data:([^;,]*);base64,/.exec(url.slice(0, 200))
    const source = head
      ? {
          from: 'base64' as const,
          mediaType: head[1] || 'image/png',
          data: url.slice(head[0].length),
        }
      : { from: 'url' as const, url }
    return [{ type: 'image', source, ...withExtensions('openai-chat', wire) }]
  })
}
