import type { ProtocolId } from '../conversation/index.ts'
import { anthropic } from './anthropic/index.ts'
import type { ClientCodec, Codec } from './codec.ts'
import { gemini } from './gemini/index.ts'
import { completions, openaiChat } from './openai-chat/index.ts'
import { openaiRelays } from './openai-chat/relays.ts'
import { openaiResponses } from './openai-responses/index.ts'

/** Every protocol spoken, towards clients and upstreams. A new one is a folder and a line here. */
export const codecs: readonly Codec[] = [anthropic, openaiChat, openaiResponses, gemini]

/** What clients may use: the protocols, and the legacy forms served through them. */
export const clientCodecs: readonly ClientCodec[] = [...codecs, completions, openaiRelays]

const BY_PROTOCOL = new Map<ProtocolId, Codec>(codecs.map(codec => [codec.protocol, codec]))

export function codecFor(protocol: ProtocolId): Codec {
  const codec = BY_PROTOCOL.get(protocol)
  if (!codec) throw new Error(`no codec for ${protocol}`)
  return codec
}
