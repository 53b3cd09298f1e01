import type { Part, PartOf } from './part.ts'
import type { Message } from './request.ts'

/**
 * Messages as upstreams want them: consecutive ones of a role are one, and the results of an
 * assistant's calls stand first in the message that follows it, in call order. A call that was
 * never answered gets a failed result; a result nobody asked for becomes a note, so that it is
 * neither refused nor lost. Server-run calls pair within their own turn and are left alone.
 */
export function toTurns(messages: readonly Message[]): Message[] {
  const turns: Message[] = []
  let at = 0
  while (at < messages.length) {
    const message = messages[at]
    if (message?.role === 'assistant') {
      const assistant: Part[] = []
      const first = message
      while (messages[at]?.role === 'assistant') assistant.push(...(messages[at++]?.parts ?? []))
      const from = at
      while (at < messages.length && messages[at]?.role !== 'assistant') at++
      turns.push(
        { ...first, parts: assistant },
        ...answered(assistant, messages.slice(from, at), at >= messages.length),
      )
    } else {
      const from = at
      while (at < messages.length && messages[at]?.role !== 'assistant') at++
      turns.push(...answered([], messages.slice(from, at), at >= messages.length))
    }
  }
  return turns
}

/** What follows an assistant's turn, its calls answered first. */
function answered(
  assistant: readonly Part[],
  following: readonly Message[],
  last: boolean,
): Message[] {
  const calls = assistant.filter(isClientCall)
  const results = new Map<string, PartOf<'tool-result'>>()
  const rest = following.map(message => ({
    ...message,
    parts: message.parts.flatMap(part => {
      if (part.type !== 'tool-result' || part.runsOn === 'server') return [part]
      if (calls.some(call => call.id === part.callId) && !results.has(part.callId)) {
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
  return merged([...opening, ...rest.filter(message => message.parts.length > 0)])
}

function isClientCall(part: Part): part is PartOf<'tool-call'> {
  return part.type === 'tool-call' && part.runsOn === 'client'
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
    const before = out[out.length - 1]
    if (before?.role === 'user' && message.role === 'user') {
      out[out.length - 1] = { ...before, parts: [...before.parts, ...message.parts] }
    } else out.push(message)
  }
  return out
}

/** For protocols that take instructions only at the beginning: later ones are marked in what the user says. */
export function systemAsUser(message: Message): Message {
  if (message.role !== 'system') return message
  const words = message.parts.map(part => (part.type === 'text' ? part.text : '')).join('\n\n')
  if (words.trim() === '') return { role: 'user', parts: [] }
  return {
    role: 'user',
    parts: [{ type: 'text', text: `<system-reminder>\n${words}\n</system-reminder>` }],
  }
}
