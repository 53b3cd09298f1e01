import { mapKeeping } from '../../lib/map-keeping.ts'
import type { Part, PartOf } from '../part.ts'
import type { Message } from '../request.ts'
import { usesTools } from './dialect.ts'

type Call = { id: string; name: string; answered: boolean }

/** Calls that wait for their results, oldest first. */
class Waiting {
  private readonly all = new Queue()
  private readonly byId = new Map<string, Call>()
  private readonly byName = new Map<string, Queue>()

  add(call: Call): void {
    this.all.push(call)
    this.byId.set(call.id, call)
    const named = this.byName.get(call.name) ?? new Queue()
    named.push(call)
    this.byName.set(call.name, named)
  }

  has(id: string): boolean {
    return this.byId.has(id)
  }

  takeById(id: string): boolean {
    const call = this.byId.get(id)
    if (!call || call.answered) return false
    call.answered = true
    return true
  }

  takeByName(name: string | undefined): string | undefined {
    return name === undefined ? undefined : this.byName.get(name)?.take()
  }

  takeOldest(): string | undefined {
    return this.all.take()
  }

  unanswered(): Call[] {
    return this.all.unanswered()
  }
}

class Queue {
  private readonly calls: Call[] = []
  private next = 0

  push(call: Call): void {
    this.calls.push(call)
  }

  take(): string | undefined {
    while (this.calls[this.next]?.answered) this.next++
    const call = this.calls[this.next]
    if (call) call.answered = true
    return call?.id
  }

  unanswered(): Call[] {
    return this.calls.filter(({ answered }) => !answered)
  }
}

type Result = PartOf<'tool-result'>

/**
 * Every call with an id, and every result with the id of the call that it answers: by id; else the
 * oldest unanswered call of that name; else the oldest unanswered call. An empty id is none. A
 * result whose id no call has is matched so only if its wire names the tool: some clients make up
 * ids for results of calls that had none. A call without an id gets one by its place, which stays
 * the same as the history grows. Linear; a message in which nothing changes is the very same.
 */
export function pairCalls(messages: Message[]): Message[] {
  return messages.some(usesTools) ? paired(messages) : messages
}

function paired(messages: readonly Message[]): Message[] {
  const newId = idMaker(messages)
  const older = new Waiting()
  const out: Message[] = []
  while (out.length < messages.length) {
    const latest = new Waiting()
    for (const message of runOf(messages, out.length, true))
      out.push(withCallIds(message, out.length, newId, latest))
    const answering = runOf(messages, out.length, false)
    const matched = matchedById(answering, latest)
    for (const message of answering) {
      const at = out.length
      out.push(
        mapParts(message, (part, index) => {
          if (!isResult(part) || matched.has(part)) return part
          const callId = callFor(part, latest, older) ?? (part.callId || newId(at, index))
          return callId === part.callId ? part : { ...part, callId }
        }),
      )
    }
    for (const call of latest.unanswered()) older.add(call)
  }
  return out
}

/** Messages from `start` on that are an assistant's, or that are not. */
function runOf(messages: readonly Message[], start: number, assistant: boolean): Message[] {
  let end = start
  while (end < messages.length && (messages[end]?.role === 'assistant') === assistant) end++
  return messages.slice(start, end)
}

type NewId = (message: number, part: number) => string

/** Ids by place, none of which the conversation has already. */
function idMaker(messages: readonly Message[]): NewId {
  let taken: Set<string> | undefined
  return (message, part) => {
    // Hardly any conversation needs one.
    taken ??= idsIn(messages)
    let id = `call_${message}_${part}`
    while (taken.has(id)) id += '_'
    taken.add(id)
    return id
  }
}

function idsIn(messages: readonly Message[]): Set<string> {
  const ids = new Set<string>()
  for (const { parts } of messages)
    for (const part of parts) {
      if (part.type === 'tool-call') ids.add(part.id)
      else if (part.type === 'tool-result') ids.add(part.callId)
    }
  return ids
}

function withCallIds(message: Message, at: number, newId: NewId, latest: Waiting): Message {
  let calls = 0
  return mapParts(message, part => {
    if (part.type !== 'tool-call' || part.runsOn === 'server') return part
    const call = part.id === '' ? { ...part, id: newId(at, calls) } : part
    calls++
    latest.add({ id: call.id, name: call.name, answered: false })
    return call
  })
}

/** Ids first, whatever the order: a result without one must not take the call that another names. */
function matchedById(messages: readonly Message[], latest: Waiting): ReadonlySet<Part> {
  const matched = new Set<Part>()
  for (const { parts } of messages)
    for (const part of parts) if (isResult(part) && latest.takeById(part.callId)) matched.add(part)
  return matched
}

function callFor({ callId, name }: Result, latest: Waiting, older: Waiting): string | undefined {
  const isForeign = callId !== '' && (name === undefined || latest.has(callId) || older.has(callId))
  if (isForeign) return undefined
  return latest.takeByName(name) ?? latest.takeOldest() ?? older.takeByName(name)
}

function isResult(part: Part): part is Result {
  return part.type === 'tool-result' && part.runsOn === 'client'
}

function mapParts(message: Message, map: (part: Part, index: number) => Part): Message {
  const parts = mapKeeping(message.parts, map)
  return parts === message.parts ? message : { ...message, parts }
}
