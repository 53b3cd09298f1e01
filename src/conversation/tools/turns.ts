import type { Part, PartOf } from '../part.ts'
import type { Message } from '../request.ts'
import { isClientCall } from './call-ids.ts'

/**
 * Messages as upstreams demand them: consecutive ones of a role are one, and the results of an
 * assistant's calls stand first in the message that follows it, in call order. A call that was
 * never answered gets a failed result; a result of no call becomes a note, so that it is
 * neither refused nor lost. Server-run calls pair within their own turn and are left alone.
 */
export function toTurns(messages: readonly Message[]): Message[] {
  const turns: Message[] = []
  let at = 0
  while (at < messages.length) {
    const from = at
    while (messages[at]?.role === 'assistant') at++
    const calling = messages.slice(from, at)
    const until = at
    while (at < messages.length && messages[at]?.role !== 'assistant') at++
    const assistant = calling.flatMap(({ parts }) => parts)
    const [first] = calling
    if (first) turns.push({ ...first, parts: assistant })
    for (const turn of pairToolResults(assistant, messages.slice(until, at), at >= messages.length))
      turns.push(turn)
  }
  return turns
}

/** What follows an assistant's turn, its calls answered first. */
function pairToolResults(
  assistant: readonly Part[],
  following: readonly Message[],
  last: boolean,
): Message[] {
  if (!assistant.some(isClientCall) && !following.some(hasResult)) return merged(following)
  const calls = assistant.filter(isClientCall)
  const ids = new Set(calls.map(({ id }) => id))
  const results = new Map<string, PartOf<'tool-result'>>()
  const rest = following.map(message => ({
    ...message,
    parts: message.parts.flatMap(part => {
      if (part.type !== 'tool-result' || part.runsOn === 'server') return [part]
      if (ids.has(part.callId) && !results.has(part.callId)) {
        results.set(part.callId, part)
        return []
      }
      return noteOf(part)
    }),
  }))
  const inOrder = calls.map(call => results.get(call.id) ?? unanswered(call.id))
  // An assistant's turn that ends the conversation is a prefill, unless it calls.
  if (inOrder.length === 0 && following.length === 0 && last) return []
  const opening: Message[] = inOrder.length > 0 ? [{ role: 'user', parts: inOrder }] : []
  return merged([...opening, ...rest])
}

function hasResult({ parts }: Message): boolean {
  return parts.some(({ type }) => type === 'tool-result')
}

function unanswered(callId: string): PartOf<'tool-result'> {
  const text = 'No result was recorded for this call: it was interrupted.'
  return {
    type: 'tool-result',
    callId,
    parts: [{ type: 'text', text }],
    failed: true,
    runsOn: 'client',
  }
}

function noteOf(result: PartOf<'tool-result'>): Part[] {
  const lead = `[result of an earlier tool call ${result.callId}]`
  return [{ type: 'text', text: lead }, ...result.parts]
}

function merged(messages: readonly Message[]): Message[] {
  const out: Message[] = []
  for (const message of messages) {
    if (message.parts.length === 0) continue
    const before = out[out.length - 1]
    if (before?.role === 'user' && message.role === 'user')
      for (const part of message.parts) before.parts.push(part)
    else out.push({ ...message, parts: [...message.parts] })
  }
  return out
}

/** For protocols that take instructions only at the beginning: later ones become marked text of the user. */
export function systemAsUser(message: Message): Message {
  if (message.role !== 'system') return message
  const words = message.parts.map(part => (part.type === 'text' ? part.text : '')).join('\n\n')
  if (words.trim() === '') return { role: 'user', parts: [] }
  return {
    role: 'user',
    parts: [{ type: 'text', text: `<system-reminder>\n${words}\n</system-reminder>` }],
  }
}
