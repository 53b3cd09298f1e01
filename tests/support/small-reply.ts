import { type ConversationResponse, replay } from '../../src/conversation/index.ts'
import { encodeSse } from '../../src/lib/streams/sse.ts'
import { codecFor } from '../../src/protocols/index.ts'
import { streamOf } from './local-gateway.ts'
import type { Wire } from './read-reply.ts'

/** A small reply of an upstream of any protocol, whole or as a stream. */
export function replyOf(wire: Wire, model: string, stream: boolean): Response {
  const codec = codecFor(wire)
  if (!codec) throw new Error(`no codec for ${wire}`)
  const response: ConversationResponse = {
    id: 'reply_1',
    model,
    parts: [{ type: 'text', text: 'fine' }],
    stop: { reason: 'end', raw: null },
    usage: { fresh: 3, output: 2 },
  }
  const asked = { model, id: 'reply_1', atMs: 0 }
  if (!stream) return Response.json(codec.encodeResponse(response, asked))
  const machine = codec.encodeStream(asked)
  const frames = [...replay(response)].flatMap(event => machine.feed(event))
  return streamOf([...frames, ...machine.end()].map(encodeSse))
}

/** Every name of a model that a reply carries, wherever in it. */
export function modelsIn(reply: string): string[] {
  const names = [...reply.matchAll(/"(?:model|modelVersion)"\s*:\s*"([^"]*)"/g)]
  return [...new Set(names.map(([, name]) => name ?? ''))]
}
