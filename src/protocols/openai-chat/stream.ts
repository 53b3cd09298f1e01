import type { Part, Stop, StreamEvent, Usage } from '../../conversation/index.ts'
import { GatewayError } from '../../lib/errors.ts'
import { isObject, type JsonObject } from '../../lib/json.ts'
import type { Machine } from '../../lib/machine.ts'
import { count, object, objects, text } from '../../lib/wire.ts'
import type { Asked, Frame } from '../codec.ts'
import { errorBody, errorInside } from './error.ts'
import { extended } from './extended.ts'
import { decodeCitation, encodeCitation } from './response.ts'
import { decodeStop, encodeStop } from './stop.ts'
import { decodeUsage, encodeUsage } from './usage.ts'

/**
 * Chunks → events. The response ends with `[DONE]` or the stream, not with the finish reason: usage
 * comes after it. Calls may interleave; each has a part of its own.
 */
export function decodeStream(issuer: string): Machine<Frame, StreamEvent> {
  let started = false
  let over = false
  let finish: string | undefined
  let usage: Usage = {}
  let parts = 0
  /** The open text, thinking or refusal part. */
  let open: { index: number; type: 'text' | 'thinking' | 'refusal' } | undefined
  const calls = new Map<number, { index: number; id: string }>()

  function close(out: StreamEvent[]): void {
    if (open) out.push({ type: 'part-end', index: open.index })
    open = undefined
  }

  function grow(type: 'text' | 'thinking' | 'refusal', words: string, out: StreamEvent[]): void {
    if (words === '') return
    if (open?.type !== type) {
      close(out)
      open = { index: parts++, type }
      out.push({ type: 'part-start', index: open.index, part: { type, text: '' } })
    }
    out.push({ type: 'part-delta', index: open.index, delta: { text: words } })
  }

  /** By index; without one by id, else it continues the latest call. */
  function callKey(wire: JsonObject): number {
    const told = count(wire.index)
    if (told !== undefined) return told
    const id = text(wire.id)
    if (!id) return Math.max(0, calls.size - 1)
    for (const [key, call] of calls) if (call.id === id) return key
    return calls.size
  }

  function growCall(wire: JsonObject, out: StreamEvent[]): void {
    const declared = object(wire.function) ?? object(wire.custom) ?? {}
    const key = callKey(wire)
    let call = calls.get(key)
    const id = text(wire.id)
    // Some services send every call with index 0 and tell them apart by id alone.
    if (call && id && id !== call.id && text(declared.name)) {
      calls.set(-1 - calls.size, call)
      call = undefined
    }
    if (!call) {
      close(out)
      call = { index: parts++, id: id || `call_${calls.size}` }
      calls.set(key, call)
      const part: Part = {
        type: 'tool-call',
        id: call.id,
        name: text(declared.name) ?? '',
        arguments: '',
        runsOn: 'client',
        ...extended({
          ...(wire.type === 'custom' ? { custom: true } : {}),
          ...(wire.extra_content === undefined ? {} : { extra_content: wire.extra_content }),
        }),
      }
      out.push({ type: 'part-start', index: call.index, part })
    }
    const given = declared.arguments ?? declared.input
    const words = typeof given === 'string' ? given : isObject(given) ? JSON.stringify(given) : ''
    if (words) out.push({ type: 'part-delta', index: call.index, delta: { arguments: words } })
  }

  function growReasoning(delta: JsonObject, out: StreamEvent[]): void {
    const details = objects(delta.reasoning_details)
    const words =
      text(delta.reasoning_content) ??
      text(delta.reasoning) ??
      details.map(d => text(d.text) ?? '').join('')
    grow('thinking', words, out)
    for (const detail of details) {
      const value = text(detail.signature)
      if (value && open?.type === 'thinking') {
        out.push({ type: 'part-delta', index: open.index, delta: { seal: { issuer, value } } })
      }
    }
  }

  function choice(wire: JsonObject, out: StreamEvent[]): void {
    if ((count(wire.index) ?? 0) !== 0) return
    const delta = object(wire.delta) ?? object(wire.message) ?? {}
    growReasoning(delta, out)
    if (typeof delta.content === 'string') grow('text', delta.content, out)
    else for (const part of objects(delta.content)) growPart(part, out)
    const refusal = text(delta.refusal)
    if (refusal) grow('refusal', refusal, out)
    for (const annotation of objects(delta.annotations)) {
      for (const citation of decodeCitation(annotation)) {
        if (open?.type === 'text')
          out.push({ type: 'part-delta', index: open.index, delta: { citation } })
      }
    }
    for (const call of objects(delta.tool_calls)) growCall(call, out)
    const old = object(delta.function_call)
    if (old) growCall({ index: 0, id: text(old.name) ?? '', function: old }, out)
    finish ??= text(wire.finish_reason)
  }

  function growPart(part: JsonObject, out: StreamEvent[]): void {
    const thinking = objects(part.thinking)
      .map(one => text(one.text) ?? '')
      .join('')
    if (part.type === 'thinking') grow('thinking', text(part.thinking) ?? thinking, out)
    else grow('text', text(part.text) ?? '', out)
  }

  function finished(out: StreamEvent[]): void {
    over = true
    close(out)
    for (const call of calls.values()) out.push({ type: 'part-end', index: call.index })
    out.push({ type: 'response-end', stop: stopOf(finish, calls.size > 0), usage })
  }

  return {
    feed(frame) {
      const out: StreamEvent[] = []
      if (over) return out
      if (frame.data.trim() === '[DONE]') {
        if (started) finished(out)
        return out
      }
      const chunk = parsed(frame.data)
      if (!chunk) return out
      if (chunk.error !== undefined && chunk.error !== null) {
        over = true
        return [{ type: 'error', error: errorInside(chunk.error) }]
      }
      if (!started) {
        // Azure opens with a chunk of filter results that names no model.
        if (objects(chunk.choices).length === 0 && !text(chunk.model)) return out
        started = true
        out.push({
          type: 'response-start',
          id: text(chunk.id) ?? '',
          model: text(chunk.model) ?? '',
        })
      }
      for (const one of objects(chunk.choices)) choice(one, out)
      const told = object(chunk.usage) ?? object(object(chunk.x_groq)?.usage)
      if (told) usage = decodeUsage(told)
      return out
    },
    end() {
      const out: StreamEvent[] = []
      if (over) return out
      if (started && finish !== undefined) {
        finished(out)
        return out
      }
      over = true
      const error = new GatewayError(
        'upstream-failed',
        'the upstream ended its stream before the response was complete',
      )
      return [{ type: 'error', error }]
    },
  }
}

function stopOf(finish: string | undefined, calling: boolean): Stop {
  const stop = decodeStop(finish ?? null)
  if (calling && (stop.reason === 'end' || stop.reason === 'other'))
    return { reason: 'tool-calls', raw: stop.raw }
  return finish === undefined ? { reason: 'end', raw: null } : stop
}

/** A line that is not JSON is passed over; the stream's end tells if it mattered. */
function parsed(data: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(data)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Events → chunks: the role once, the finish reason once, usage if asked for, `[DONE]`. */
export function encodeStream(asked: Asked): Machine<StreamEvent, Frame> {
  const wantsUsage =
    object(asked.extensions?.['openai-chat']?.stream_options)?.include_usage === true
  let id = `chatcmpl-${asked.id}`
  let begun = false
  let over = false
  /** Part index → the call's index among calls. */
  const calls = new Map<number, number>()
  const argued = new Set<number>()
  const kinds = new Map<number, Part['type']>()

  function chunk(choices: JsonObject[], extra: JsonObject = {}): Frame {
    const body: JsonObject = {
      id,
      object: 'chat.completion.chunk',
      created: Math.floor(asked.atMs / 1000),
      model: asked.model,
      choices,
      ...extra,
    }
    return { data: JSON.stringify(body) }
  }

  function delta(change: JsonObject, finish: string | null = null): Frame {
    if (begun) return chunk([{ index: 0, delta: change, finish_reason: finish }])
    begun = true
    return chunk([{ index: 0, delta: { role: 'assistant', ...change }, finish_reason: finish }])
  }

  function startPart(index: number, part: Part): Frame[] {
    kinds.set(index, part.type)
    if (part.type === 'tool-call' && part.runsOn === 'client') {
      const at = calls.size
      calls.set(index, at)
      const declared = { name: part.name, arguments: part.arguments }
      if (part.arguments) argued.add(index)
      return [
        delta({ tool_calls: [{ index: at, id: part.id, type: 'function', function: declared }] }),
      ]
    }
    return 'text' in part && part.text !== '' ? growPart(index, part.text) : []
  }

  function growPart(index: number, words: string): Frame[] {
    switch (kinds.get(index)) {
      case 'text':
        return [delta({ content: words })]
      case 'thinking':
        return [delta({ reasoning_content: words })]
      case 'refusal':
        return [delta({ refusal: words })]
      default:
        return []
    }
  }

  function growArguments(index: number, words: string): Frame[] {
    const at = calls.get(index)
    if (at === undefined) return []
    argued.add(index)
    return [delta({ tool_calls: [{ index: at, function: { arguments: words } }] })]
  }

  function failed(error: GatewayError): Frame[] {
    over = true
    return [{ data: JSON.stringify(errorBody(error)) }, { data: '[DONE]' }]
  }

  return {
    feed(event) {
      if (over) return []
      switch (event.type) {
        case 'response-start':
          id = event.id || id
          return [delta({ content: '' })]
        case 'part-start':
          return startPart(event.index, event.part)
        case 'part-delta':
          if ('text' in event.delta) return growPart(event.index, event.delta.text)
          if ('arguments' in event.delta) return growArguments(event.index, event.delta.arguments)
          if ('citation' in event.delta) {
            const annotation = encodeCitation(event.delta.citation)
            return annotation ? [delta({ annotations: [annotation] })] : []
          }
          return []
        case 'part-end':
          // A call without arguments has an empty object of them.
          return calls.has(event.index) && !argued.has(event.index)
            ? growArguments(event.index, '{}')
            : []
        case 'response-end': {
          over = true
          const frames = [delta({}, encodeStop(event.stop))]
          if (wantsUsage) frames.push(chunk([], { usage: encodeUsage(event.usage) }))
          return [...frames, { data: '[DONE]' }]
        }
        case 'error':
          return failed(event.error)
        case 'opaque':
          return []
      }
    },
    end() {
      if (over) return []
      return failed(
        new GatewayError(
          'upstream-failed',
          'the upstream ended its stream before the response was complete',
        ),
      )
    },
  }
}
