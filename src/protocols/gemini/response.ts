import { type ConversationResponse, collect, replay } from '../../conversation/index.ts'
import { GatewayError } from '../../lib/errors.ts'
import type { JsonObject } from '../../lib/json/json.ts'
import { object, objects, text } from '../../lib/json/read-json.ts'
import { sourceMemory } from '../../lib/json/source-memory.ts'
import type { Asked } from '../codec.ts'
import { withExtensions } from '../shared/extensions.ts'
import { embeddedError } from './error.ts'
import { partsOf } from './message.ts'
import { member, others } from './names.ts'
import { blockOf, finishOf } from './stop.ts'
import { ChunkReader } from './stream/decode.ts'
import { ChunkWriter } from './stream/encode.ts'

const memory = sourceMemory('gemini')

const READ = ['candidates', 'usageMetadata', 'modelVersion', 'responseId']

/** A whole reply is a stream of one chunk. */
export function decodeResponse(body: JsonObject, issuer: string): ConversationResponse {
  const error = embeddedError(body)
  if (error) throw error
  const [candidate, ...more] = objects(body.candidates)
  const reader = new ChunkReader(issuer)
  const isOpen = candidate && finishOf(member(candidate, 'finishReason')) === undefined
  if (isOpen && partsOf(object(candidate.content) ?? {}).length === 0) throw emptyReply(candidate)
  const finished = isOpen
    ? { ...body, candidates: [{ ...candidate, finishReason: 'STOP' }, ...more] }
    : body
  const response = collect([...reader.feed(finished), ...reader.end()])
  return {
    ...response,
    parts: memory.remember(response.parts, candidate ?? null),
    ...withExtensions('gemini', {
      ...response.extensions?.gemini,
      ...others(body, READ),
      ...(more.length > 0 ? { more } : {}),
    }),
  }
}

function emptyReply(candidate: JsonObject): GatewayError {
  const why = text(member(candidate, 'finishMessage'))
  const message = 'the upstream sent a reply without content and without a reason'
  return new GatewayError('upstream-failed', why ? `${message}: ${why.slice(0, 500)}` : message)
}

export function encodeResponse(response: ConversationResponse, asked: Asked): JsonObject {
  const writer = new ChunkWriter(asked)
  const chunks = [...replay(response)].flatMap(event => writer.feed(event))
  const { candidate: _, more, ...rest } = response.extensions?.gemini ?? {}
  const { candidates: __, ...last } = chunks[chunks.length - 1] ?? {}
  // A blocked prompt has none.
  if (blockOf(object(rest.promptFeedback)?.blockReason)) return { ...last, ...rest }
  const written = memory.recall(response.parts)
  const candidate = written ?? joinedCandidate(chunks)
  return { ...last, candidates: [candidate, ...objects(more)], ...rest }
}

/** The chunks' candidates as one; text that goes on is one part. */
function joinedCandidate(chunks: readonly JsonObject[]): JsonObject {
  const parts: JsonObject[] = []
  let candidate: JsonObject = {}
  for (const chunk of chunks) {
    const [one] = objects(chunk.candidates)
    candidate = { ...candidate, ...one }
    for (const part of objects(object(one?.content)?.parts)) join(parts, part)
  }
  return { ...candidate, content: { role: 'model', parts } }
}

function join(parts: JsonObject[], part: JsonObject): void {
  const last = parts[parts.length - 1]
  const continues =
    last &&
    typeof last.text === 'string' &&
    typeof part.text === 'string' &&
    last.thought === part.thought &&
    last.thoughtSignature === undefined
  if (!continues) {
    parts.push(part)
    return
  }
  parts[parts.length - 1] = { ...last, ...part, text: `${text(last.text)}${text(part.text)}` }
}
