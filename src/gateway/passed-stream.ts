import { joined, replaceBytes } from '../lib/byte-replace.ts'
import { asGatewayError, GatewayError } from '../lib/errors.ts'
import { decodeSse } from '../lib/sse.ts'
import type { Attempt } from './attempt.ts'
import { beginningOf } from './beginning.ts'
import type { Exchange } from './exchange.ts'
import { createFraming, type Framing } from './framing.ts'
import { refusalOf } from './hidden-error.ts'
import { errorEvent } from './keep-alive.ts'
import { type Answer, renames, streamHeaders } from './reply.ts'
import { settle, settleCut } from './settle.ts'
import { createListener, SILENT } from './silence.ts'
import { createTail } from './tail.ts'

/**
 * A stream of the client's own protocol: the upstream's bytes, but for the model's name where the
 * client used another. The beginning is decoded before commit and the end for the accounts; what is
 * between is not looked at.
 */
export async function passedStream(
  exchange: Exchange,
  attempt: Attempt,
  reply: Response,
): Promise<Answer> {
  if (!reply.body) throw new GatewayError('upstream-failed', 'the upstream sent an empty reply')
  const listener = createListener(exchange, attempt, reply.body)
  const issuer = attempt.target.provider.id
  const frames = decodeSse()
  const events = attempt.codec.decodeStream(issuer)
  const begun = await beginningOf(exchange, attempt, reply, listener, { frames, events })
  const { events: seen } = begun
  let { done } = begun
  const started = seen.find(event => event.type === 'response-start')
  const beginning = joined(begun.bytes)
  const rename = renames(exchange)
    ? renamer(beginning, attempt.codec.members.model, started?.model, exchange.envelope.model)
    : undefined
  const tail = createTail(frames, events, seen)
  const framing = createFraming(exchange)
  const framed = exchange.envelope.framing === undefined ? undefined : reframer(framing)

  async function* body(): AsyncGenerator<Uint8Array | string> {
    let failure: GatewayError | undefined
    try {
      const first = rename ? rename.feed(beginning) : beginning
      yield framed ? framed.feed(first) : first
      while (!done) {
        const chunk = await listener.next()
        if (chunk === SILENT) {
          yield framing.keepAlive
          continue
        }
        done = chunk.done
        if (!chunk.value) continue
        tail.add(chunk.value)
        // In one piece: every yield is a write to the socket.
        const bytes = rename ? rename.feed(chunk.value) : chunk.value
        if (bytes.length > 0) yield framed ? framed.feed(bytes) : bytes
      }
      const rest = rename?.end()
      if (rest && rest.length > 0) yield framed ? framed.feed(rest) : rest
      if (framed) yield framed.end()
      const end = tail.read()
      failure = end.failure && refusalOf(exchange, attempt, reply, end.failure)
      if (failure && !end.told) yield errorEvent(exchange, failure, framing)
    } catch (error) {
      failure = asGatewayError(error)
      if (failure.code !== 'cancelled') yield errorEvent(exchange, failure, framing)
    } finally {
      listener.close()
      if (failure) settleCut(exchange, attempt, failure)
      else settle(exchange, attempt, 200, { ...started?.usage, ...tail.read().usage })
    }
  }

  listener.commit()
  return { status: 200, headers: streamHeaders(exchange, attempt, reply, framing), body: body() }
}

/** The messages of an event stream in another framing, their data untouched. */
function reframer(framing: Framing) {
  const frames = decodeSse()
  return {
    feed: (bytes: Uint8Array): string => framing.text(frames.feed(bytes)),
    end: (): string => framing.text(frames.end()) + framing.end(),
  }
}

/** Replaces the served model by the asked one, spelled as the stream's own beginning spells it. */
function renamer(beginning: Uint8Array, name: string, served: string | undefined, asked: string) {
  if (!served || served === asked) return undefined
  const text = decoder.decode(beginning)
  const value = JSON.stringify(served)
  for (const member of [`"${name}":${value}`, `"${name}": ${value}`]) {
    if (!text.includes(member)) continue
    const renamed = member.slice(0, -value.length) + JSON.stringify(asked)
    return replaceBytes(encoder.encode(member), encoder.encode(renamed))
  }
  return undefined
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()
